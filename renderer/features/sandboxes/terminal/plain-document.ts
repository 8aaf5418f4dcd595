/**
 * xterm writes style sheets into `<style>` elements and `style` attributes, which the content security policy of the
 * console forbids. Here both go through the object model, which it allows.
 */

/** Runs `open`, which makes its style sheets at once; what is written to them later counts as well. */
export function withPlainStyles(open: () => void): void {
  const own = Object.getOwnPropertyDescriptor(document, 'createElement');
  const create = document.createElement.bind(document);
  Object.defineProperty(document, 'createElement', {
    configurable: true,
    value: (name: string) => (name === 'style' ? sheetOf(create('template')) : create(name)),
  });
  try {
    open();
  } finally {
    if (own) Object.defineProperty(document, 'createElement', own);
    else Reflect.deleteProperty(document, 'createElement');
  }
}

/** A stand-in for a `<style>`: its text is a sheet of the document as long as it is there. */
function sheetOf(element: HTMLElement): HTMLElement {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  Object.defineProperty(element, 'textContent', { set: (text: string) => sheet.replaceSync(text) });
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((each) => each !== sheet);
    Element.prototype.remove.call(element);
  };
  return element;
}

/** The cells of 24-bit colour are spans with the attribute. Setting it means the same, and works. Idempotent. */
export function allowStyleAttributes(): void {
  HTMLSpanElement.prototype.setAttribute = function setAttribute(name, value) {
    if (name === 'style') this.style.cssText = value;
    else Element.prototype.setAttribute.call(this, name, value);
  };
}

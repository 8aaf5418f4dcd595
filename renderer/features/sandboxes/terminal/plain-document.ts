/**
 * The document as xterm gets it. It writes style sheets into `<style>` elements and `style` attributes, which the content
 * security policy of the console forbids; here both go through the object model, which it allows.
 */
export function plainDocument(real: Document): Document {
  return new Proxy(real, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (key === 'createElement') return (name: string) => createPlain(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
    set: (target, key, value) => Reflect.set(target, key, value, target),
  });
}

function createPlain(document: Document, name: string): HTMLElement {
  const element = document.createElement(name);
  if (name === 'style') routeStyleSheet(document, element);
  if (name === 'span') routeStyleAttribute(element);
  return element;
}

function routeStyleSheet(document: Document, element: HTMLElement): void {
  const sheet = new CSSStyleSheet();
  const others = () => document.adoptedStyleSheets.filter((each) => each !== sheet);
  document.adoptedStyleSheets = [...others(), sheet];
  Object.defineProperty(element, 'textContent', { set: (text: string) => sheet.replaceSync(text) });
  element.remove = () => {
    document.adoptedStyleSheets = others();
    Element.prototype.remove.call(element);
  };
}

function routeStyleAttribute(element: HTMLElement): void {
  element.setAttribute = (name, value) => {
    if (name === 'style') element.style.cssText = value;
    else Element.prototype.setAttribute.call(element, name, value);
  };
}

import type { Page } from '@playwright/test';

export interface TextFaults {
  /** Said in English, outside of the brackets of the pseudo-language. */
  untranslated: string[];
  /** Cut off, with nothing that tells the whole. */
  clipped: string[];
}

/** What a page shows that is not words: names, code, values, and what people or models wrote. */
const data =
  'code, pre, kbd, samp, textarea, time, .mono, [translate=no], .xterm, .cm-editor, [role=log], [data-theirs]';

/** Looks at all text of a page in the pseudo-language. */
export function findTextFaults(page: Page): Promise<TextFaults> {
  return page.evaluate(lookAtText, data);
}

/** Runs in the page. */
function lookAtText(dataSelector: string): TextFaults {
  const untranslated = new Set<string>();
  const clipped = new Set<string>();
  // Numbers with their units, dates, names of products, protocols and keys.
  const values =
    /\b(?:v?\d[\d.,:]*\s?(?:[kMGT]?B|byte|ms|sec|min|hr|days?|wk|[KMB]|s|h|d)?|AM|PM|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\w*|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\w*|(?:in )?\d* ?(?:sec|min|hr|days?)\.?(?: ago)?|now|ago|in|yesterday|tomorrow|Docker|Agentrail|Console|English|Anthropic|OpenAI|Postgres|CPU|PID|Tavily|Brave|Jina|Exa|[A-Z][A-Z0-9]*_[A-Z0-9_]+|[\w.-]+@[\w.-]+|[a-z]+:\/\/\S+|[\w-]+(?:[./:][\w-]+)+|[~/]\S+)(?!\w)/g;

  const isShown = (element: Element) => {
    const box = element.getBoundingClientRect();
    return (
      box.width > 1 && box.height > 1 && element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    );
  };
  const blockOf = (node: Node): Element => {
    let element = node.parentElement ?? document.body;
    while (element.parentElement && getComputedStyle(element).display.startsWith('inline'))
      element = element.parentElement;
    return element;
  };
  const outside = (text: string) => {
    let depth = 0;
    let rest = '';
    for (const letter of text) {
      if (letter === '⟦') depth += 1;
      else if (letter === '⟧') depth -= 1;
      else rest += depth > 0 ? ' ' : letter;
    }
    return rest.replace(values, ' ');
  };
  const hasWords = (text: string) => /\p{L}{2}/u.test(outside(text.replace('简体中文', '')));
  const tells = (element: Element) =>
    element.closest('[title], [data-popup-open], [data-base-ui-tooltip-trigger]') !== null;

  const blocks = new Map<Element, string>();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    const text = node.textContent ?? '';
    if (!parent || text.trim() === '' || parent.closest(`script, style, ${dataSelector}`)) continue;
    const block = blockOf(node);
    blocks.set(block, `${blocks.get(block) ?? ''}${text}`);
    if (!isShown(parent) || tells(parent)) continue;
    for (let element: Element | null = parent; element && element !== document.body; element = element.parentElement) {
      const { overflowX, position } = getComputedStyle(element);
      if (overflowX === 'auto' || overflowX === 'scroll' || position === 'fixed') break;
      if (overflowX !== 'hidden' && overflowX !== 'clip') continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const [inner, outer] = [range.getBoundingClientRect(), element.getBoundingClientRect()];
      // Words for readers alone lie in a box of one pixel.
      if (outer.width <= 1) break;
      if (inner.right > outer.right + 1.5 || inner.left < outer.left - 1.5)
        clipped.add(
          `${text.trim().slice(0, 80)} (${element.tagName.toLowerCase()}.${element.className.toString().slice(0, 60)})`,
        );
    }
  }
  for (const [block, text] of blocks)
    if (hasWords(text) && block.checkVisibility()) untranslated.add(text.trim().slice(0, 160));

  for (const element of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]')) {
    if (element.closest('.xterm, .cm-editor, [translate=no], [data-theirs]')) continue;
    for (const name of ['aria-label', 'title', 'placeholder', 'alt']) {
      const text = element.getAttribute(name);
      const isWhole = name === 'title' && element.textContent?.includes(text ?? '');
      if (text && !isWhole && hasWords(text)) untranslated.add(`${name}: ${text.slice(0, 160)}`);
    }
  }
  if (document.documentElement.scrollWidth > window.innerWidth + 1) clipped.add('The page scrolls sideways.');
  return { untranslated: [...untranslated], clipped: [...clipped] };
}

import { createBlockOutput, type Leave } from './block-output.ts';
import { joinBlocks } from './blocks.ts';
import {
  absoluteUrl,
  blockElements,
  fenced,
  isHidden,
  languageOf,
  markOfElement,
  skippedElements,
  zoneOf,
} from './html-elements.ts';
import { createTables } from './tables.ts';

type Attributes = Record<string, string>;

/** Takes the events of an HTML parser and writes Markdown. Costs time and memory by the length of the page alone. */
export interface MarkdownWriter {
  open(name: string, attributes: Attributes): void;
  text(text: string): void;
  /** Of the element that was opened last. */
  close(): void;
  /** About as many characters as were written so far. */
  length(): number;
  finish(): { markdown: string; title: string };
}

const maxTitleCharacters = 500;

function nothing(): void {
  // An element that changes nothing has nothing to undo.
}

/** `baseUrl`: what links are relative to, until the page says otherwise. */
export function createMarkdownWriter(baseUrl: URL): MarkdownWriter {
  const output = createBlockOutput();
  const { inline } = output;
  const tables = createTables(output);
  /** Of the open elements, innermost last. */
  const leaves: Leave[] = [];
  let base = baseUrl;
  let title = '';
  let isTitle = false;
  let skipDepth = 0;
  /** The text of a `pre`, kept as it is. */
  let verbatim: string[] | undefined;

  function enterSkipped(): Leave {
    skipDepth += 1;
    return () => {
      skipDepth -= 1;
    };
  }

  function enterVerbatim(attributes: Attributes): Leave {
    if (verbatim) return nothing;
    output.flush();
    const parts: string[] = [];
    verbatim = parts;
    const language = languageOf(attributes.class);
    return () => {
      verbatim = undefined;
      output.put(fenced(parts.join(''), language));
    };
  }

  function enterMark(mark: string): Leave {
    if (verbatim) return nothing;
    inline.openMark(mark);
    return () => inline.closeMark(mark);
  }

  function enterLink(attributes: Attributes): Leave {
    const href = absoluteUrl(attributes.href, base);
    if (href === undefined || verbatim) return nothing;
    inline.openLink(href);
    return () => inline.closeLink();
  }

  function enterTitle(): Leave {
    isTitle = true;
    return () => {
      isTitle = false;
    };
  }

  function breakLine(): Leave {
    if (verbatim) verbatim.push('\n');
    else inline.breakLine();
    return nothing;
  }

  function drawRule(): Leave {
    output.flush();
    output.put('---');
    return nothing;
  }

  function showImage(attributes: Attributes): Leave {
    const alt = (attributes.alt ?? '').replace(/[\s[\]]+/g, ' ').trim();
    const source = absoluteUrl(attributes.src, base);
    if (alt !== '' && source !== undefined && !verbatim) inline.addRaw(`![${alt}](${source})`);
    return nothing;
  }

  function changeBase(attributes: Attributes): Leave {
    base = URL.parse(absoluteUrl(attributes.href, base) ?? '') ?? base;
    return nothing;
  }

  function enterOther(name: string): Leave {
    const level = /^h([1-6])$/.exec(name)?.[1];
    if (level !== undefined) return output.enterHeading(Number(level));
    return blockElements.has(name) ? output.enterBlock() : nothing;
  }

  function enter(name: string, attributes: Attributes): Leave {
    if (skipDepth > 0 || skippedElements.has(name) || isHidden(attributes)) return enterSkipped();
    const zone = zoneOf(name, attributes);
    if (zone !== undefined) return output.enterZone(zone);
    const mark = markOfElement.get(name);
    if (mark !== undefined) return enterMark(mark);
    switch (name) {
      case 'a':
        return enterLink(attributes);
      case 'pre':
      case 'listing':
      case 'xmp':
        return enterVerbatim(attributes);
      case 'ul':
      case 'menu':
      case 'dir':
        return output.enterList(undefined);
      case 'ol':
        return output.enterList(startOf(attributes));
      case 'li':
        return output.enterItem();
      case 'blockquote':
        return output.enterQuote();
      case 'table':
        return tables.enterTable();
      case 'tr':
        return tables.enterRow();
      case 'td':
      case 'th':
        return tables.enterCell();
      case 'title':
        return enterTitle();
      case 'br':
        return breakLine();
      case 'hr':
        return drawRule();
      case 'img':
        return showImage(attributes);
      case 'base':
        return changeBase(attributes);
      default:
        return enterOther(name);
    }
  }

  return {
    open(name, attributes) {
      leaves.push(enter(name, attributes));
    },
    text(text) {
      if (skipDepth > 0) return;
      if (isTitle) title = (title + text).slice(0, maxTitleCharacters);
      else if (verbatim) verbatim.push(text);
      else inline.add(text);
    },
    close() {
      leaves.pop()?.();
    },
    length: output.length,
    finish() {
      for (let leave = leaves.pop(); leave; leave = leaves.pop()) leave();
      output.flush();
      return { markdown: joinBlocks(output.blocks()), title: title.replace(/\s+/g, ' ').trim() };
    },
  };
}

function startOf(attributes: Attributes): number {
  const start = Number.parseInt(attributes.start ?? '1', 10);
  return Number.isSafeInteger(start) ? start : 1;
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import { Parser } from 'htmlparser2';
import { createMarkdownWriter } from './markdown-writer.ts';

export interface HtmlText {
  markdown: string;
  title: string;
  /** The page goes on: it is nested without end, or writes more than anybody would read. */
  isCut: boolean;
}

const pieceCharacters = 16_384;
/** How long the event loop is held at a time, in milliseconds. */
const holdMs = 8;
/** Browsers nest no deeper than 512; the parser's time grows with the depth. */
const maxDepth = 600;
/** Some seventy pages of a result. */
const maxMarkdownCharacters = 2 * 1024 * 1024;

/**
 * The readable part of a page as Markdown. The page is parsed in pieces: whatever it is, the time is bounded by its
 * length and others get their turn in between. Rejects with the signal's reason.
 */
export async function htmlToMarkdown(html: string, url: URL, signal: AbortSignal): Promise<HtmlText> {
  const writer = createMarkdownWriter(url);
  let depth = 0;
  let isCut = false;
  const parser = new Parser({
    onopentag(name, attributes) {
      depth += 1;
      if (depth > maxDepth) isCut = true;
      if (!isCut) writer.open(name, attributes);
    },
    ontext(text) {
      if (!isCut) writer.text(text);
    },
    onclosetag() {
      depth -= 1;
      if (!isCut) writer.close();
    },
  });
  let since = performance.now();
  for (let at = 0; at < html.length && !isCut; at += pieceCharacters) {
    parser.write(html.slice(at, at + pieceCharacters));
    if (writer.length() > maxMarkdownCharacters) isCut = true;
    if (performance.now() - since < holdMs) continue;
    await nextTurn(undefined, { signal });
    since = performance.now();
  }
  if (!isCut) parser.end();
  return { ...writer.finish(), isCut };
}

import { z } from 'zod';
import type { DocumentReader } from '../../documents/document-reader.ts';
import { AppError } from '../../lib/app-error.ts';

/** Pages that are shown at a time, and without being asked for. */
const maxPages = 20;
const maxCharacters = 100_000;

export const pageRangeSchema = z
  .string()
  .trim()
  .regex(/^[1-9]\d{0,5}(\s*-\s*[1-9]\d{0,5})?$/, 'Name one page or a range, for instance "3" or "1-5".');

/** A document of the sandbox as text, in pages where it has some. */
export async function showDocument(
  documents: DocumentReader,
  { path, bytes, pages: asked }: { path: string; bytes: Uint8Array; pages: string | undefined },
  signal: AbortSignal,
) {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const { pages, title, kind, isCut } = await documents.read(bytes, { name }, signal);
  const [first, last] = rangeOf(asked, pages.length, path);
  const shown: string[] = [];
  let characters = 0;
  for (const [index, text] of pages.slice(first - 1, last).entries()) {
    const page = cut(
      kind === 'pdf' ? `--- Page ${first + index} ---\n${text || '(No text: a picture, or a scan.)'}` : text,
    );
    characters += page.length;
    if (shown.length > 0 && characters > maxCharacters) break;
    shown.push(page);
  }
  const until = first - 1 + shown.length;
  const next = `${until + 1}-${Math.min(until + maxPages, pages.length)}`;
  const notes = [
    ...(until < pages.length ? [`(Pages ${first} to ${until} of ${pages.length}. Read on with pages "${next}".)`] : []),
    ...(isCut ? ['(The document goes on beyond what can be read.)'] : []),
  ];
  const head = title ? [`Title: ${title}`] : [];
  return {
    content: [{ type: 'text' as const, text: [...head, ...shown, ...notes].join('\n').toWellFormed() }],
    details: { path, kind, firstPage: first, lastPage: until, totalPages: pages.length },
  };
}

function cut(page: string): string {
  if (page.length <= maxCharacters) return page;
  return `${page.slice(0, maxCharacters)}\n(The text goes on for ${page.length - maxCharacters} characters.)`;
}

function rangeOf(asked: string | undefined, total: number, path: string): [first: number, last: number] {
  const [first = 1, end = asked === undefined ? maxPages : first] = asked?.split('-').map(Number) ?? [];
  if (first > Math.max(1, total)) {
    throw new AppError('page_after_end', `${path} has ${total} pages; page ${first} is after its end.`, {
      status: 400,
    });
  }
  if (end < first || end - first >= maxPages) {
    throw new AppError('invalid_page_range', `Ask for 1 to ${maxPages} pages at a time, the lower number first.`, {
      status: 400,
    });
  }
  return [first, Math.min(end, total)];
}

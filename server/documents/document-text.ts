import type { DocumentKind } from './document-kind.ts';

/** A document as a model or an index reads it. */
export interface DocumentText {
  kind: DocumentKind;
  /** What the document calls itself; empty when it does not say. */
  title: string;
  /** One text per page of a PDF; a single one for everything else. Markdown where the source has a structure. */
  pages: string[];
  /** The document goes on beyond what was read. */
  isCut: boolean;
}

/** Longer documents are cut: some two thousand pages. */
export const maxDocumentCharacters = 8 * 1024 * 1024;

export type Extracted = Pick<DocumentText, 'pages'> & Partial<Pick<DocumentText, 'title' | 'isCut'>>;

/** What was taken from a document, as Unicode that every reader and index takes, and not longer than one. */
export function bounded(kind: DocumentKind, { pages, title = '', isCut = false }: Extracted): DocumentText {
  let left = maxDocumentCharacters;
  const kept: string[] = [];
  for (const page of pages) {
    if (left === 0) break;
    const text = page.slice(0, left).toWellFormed().replaceAll('\0', '\ufffd');
    left -= text.length;
    kept.push(text);
  }
  const length = pages.reduce((sum, page) => sum + page.length, 0);
  return {
    kind,
    title: title.slice(0, 300).toWellFormed(),
    pages: kept,
    isCut: isCut || length > maxDocumentCharacters,
  };
}

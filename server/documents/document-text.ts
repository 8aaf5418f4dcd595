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

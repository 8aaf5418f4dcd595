import { type DocumentKind, damaged } from './document-kind.ts';
import { bounded, type DocumentText, type Extracted } from './document-text.ts';
import { extractCsv } from './extract-csv.ts';
import { extractDocx } from './extract-docx.ts';
import { extractPdf } from './extract-pdf.ts';
import { extractText, textOf } from './extract-text.ts';
import { htmlToMarkdown } from './markdown/html-to-markdown.ts';

/** Links of a document that has no address lead nowhere. */
const nowhere = new URL('about:blank');

/** The text of a document. Runs where it may be killed: time and memory are bounded by whoever calls it. */
export async function extractDocument(bytes: Uint8Array, name: string, kind: DocumentKind): Promise<DocumentText> {
  try {
    return bounded(kind, await extract(bytes, name, kind));
  } catch (error) {
    if (error instanceof Error && error.name === 'AppError') throw error;
    throw damaged(name, kind, error);
  }
}

async function extract(bytes: Uint8Array, name: string, kind: DocumentKind): Promise<Extracted> {
  switch (kind) {
    case 'pdf':
      return extractPdf(bytes);
    case 'docx':
      return extractDocx(bytes, name);
    case 'csv':
      return { pages: [extractCsv(textOf(bytes), name)] };
    case 'html': {
      const { markdown, title, isCut } = await htmlToMarkdown(textOf(bytes), nowhere, new AbortController().signal);
      return { pages: [markdown], title, isCut };
    }
    case 'markdown':
    case 'text':
      return extractText(bytes, kind);
  }
}

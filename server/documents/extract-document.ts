import { decodeText } from './charset.ts';
import { type DocumentKind, damaged } from './document-kind.ts';
import { type DocumentText, maxDocumentCharacters } from './document-text.ts';
import { extractCsv } from './extract-csv.ts';
import { extractDocx } from './extract-docx.ts';
import { extractPdf } from './extract-pdf.ts';
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

type Extracted = Pick<DocumentText, 'pages'> & Partial<Pick<DocumentText, 'title' | 'isCut'>>;

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
    case 'text': {
      const text = textOf(bytes);
      return { pages: [text], title: kind === 'markdown' ? headingOf(text) : '' };
    }
  }
}

function textOf(bytes: Uint8Array): string {
  return decodeText(bytes, undefined, false).text.replaceAll('\r\n', '\n');
}

function headingOf(text: string): string {
  return /^#{1,2}[ \t]+(.+)$/m.exec(text.slice(0, 65_536))?.[1]?.trim() ?? '';
}

function bounded(kind: DocumentKind, { pages, title = '', isCut = false }: Extracted): DocumentText {
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

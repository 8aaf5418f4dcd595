import { extractText, getDocumentProxy, getMeta } from 'unpdf';
import { AppError } from '../lib/app-error.ts';
import { wholeIdeographs } from './whole-ideographs.ts';

/** The text layer of a PDF, page by page. Scanned pages have none: they come as empty texts. */
export async function extractPdf(bytes: Uint8Array): Promise<{ pages: string[]; title: string }> {
  try {
    // Takes the bytes away from the caller: a copy is given.
    const document = await getDocumentProxy(bytes.slice(), { verbosity: 0 });
    const { text } = await extractText(document, { mergePages: false });
    const { info } = await getMeta(document);
    const title: unknown = info.Title;
    return { pages: text.map(wholeIdeographs), title: typeof title === 'string' ? wholeIdeographs(title.trim()) : '' };
  } catch (error) {
    if (error instanceof Error && error.name === 'PasswordException') throw locked(error);
    throw error;
  }
}

function locked(cause: unknown): AppError {
  return new AppError('document_locked', 'This PDF is protected by a password. Save it without one and try again.', {
    status: 422,
    cause,
  });
}

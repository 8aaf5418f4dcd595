import mammoth from 'mammoth';
import { AppError } from '../lib/app-error.ts';
import { htmlToMarkdown } from './markdown/html-to-markdown.ts';
import { unpackedSize } from './unpacked-size.ts';

/** A book of text; more is a bomb. */
const maxUnpackedBytes = 200 * 1024 * 1024;

/** A Word document as Markdown: headings, lists and tables stay, pictures are left out. */
export async function extractDocx(bytes: Uint8Array, name: string): Promise<{ pages: string[]; title: string }> {
  const buffer = Buffer.from(bytes);
  if ((await unpackedSize(buffer, maxUnpackedBytes)) > maxUnpackedBytes) {
    throw new AppError(
      'document_too_large',
      `“${name}” unpacks to more than 200 MB. Split it into smaller documents.`,
      {
        status: 413,
      },
    );
  }
  const { value } = await mammoth.convertToHtml(
    { buffer },
    { externalFileAccess: false, convertImage: mammoth.images.imgElement(async () => ({ src: '' })) },
  );
  const { markdown } = await htmlToMarkdown(value, new URL('about:blank'), new AbortController().signal);
  const title = /^#{1,2}[ \t]+(.+)$/m.exec(markdown.slice(0, 65_536))?.[1]?.trim() ?? '';
  return { pages: [markdown], title };
}

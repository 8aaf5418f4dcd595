import { decodeText } from '../../../documents/charset.ts';
import { htmlToMarkdown } from '../../../documents/markdown/html-to-markdown.ts';
import { charsetOf, checkContentType, mediaTypeOf, unsupported } from './content-type.ts';
import type { FetchedPage } from './fetch-page.ts';

/** A page as a model reads it. */
export interface PageText {
  /** After redirects. */
  url: string;
  status: number;
  /** Media type without parameters; what the bytes look like when the server did not say. */
  contentType: string;
  charset: string;
  title: string;
  text: string;
  sizeBytes: number;
  /** The page goes on beyond what was read. */
  isCut: boolean;
}

/** Throws AppError `unsupported_content` for bytes that are no text; rejects with the signal's reason. */
export async function readPageText(page: FetchedPage, signal: AbortSignal): Promise<PageText> {
  const { url, status, contentType, bytes } = page;
  const declaredKind = checkContentType(contentType, url);
  const { text, charset } = decodeText(bytes, charsetOf(contentType), page.isCut);
  if (text.slice(0, 8192).includes('\0')) throw unsupported(binaryType(bytes), url);
  const isHtml = declaredKind === 'html' || (declaredKind === 'unknown' && looksLikeHtml(text));
  const read = isHtml ? await htmlToMarkdown(text, url, signal) : { markdown: text, title: '', isCut: false };
  return {
    url: url.href,
    status,
    contentType: mediaTypeOf(contentType) || (isHtml ? 'text/html' : 'text/plain'),
    charset,
    title: visible(read.title),
    text: visible(read.markdown),
    sizeBytes: bytes.length,
    isCut: page.isCut || read.isCut,
  };
}

function looksLikeHtml(text: string): boolean {
  return /^\s*(<!--[^>]{0,500}-->\s*)?<(!doctype html|html|head|body)[\s>]/i.test(text.slice(0, 2000));
}

function binaryType(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, 5)).toString('latin1') === '%PDF-' ? 'application/pdf' : '';
}

/** Characters that show nowhere can carry words to a model which the person at its side never sees. */
function visible(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u{e0000}-\u{e007f}\u200b\u2060-\u2064\ufeff\u202a-\u202e\u2066-\u2069]/gu, '')
    .replaceAll('\0', '\ufffd');
}

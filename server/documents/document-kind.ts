import { AppError } from '../lib/app-error.ts';

/** What can be made into text. */
export type DocumentKind = 'text' | 'markdown' | 'html' | 'csv' | 'pdf' | 'docx';

export const documentExtensions = ['txt', 'md', 'html', 'htm', 'csv', 'tsv', 'pdf', 'docx'] as const;

const byExtension: Record<string, DocumentKind> = {
  txt: 'text',
  text: 'text',
  log: 'text',
  json: 'text',
  yaml: 'text',
  yml: 'text',
  xml: 'text',
  md: 'markdown',
  markdown: 'markdown',
  html: 'html',
  htm: 'html',
  xhtml: 'html',
  csv: 'csv',
  tsv: 'csv',
  pdf: 'pdf',
  docx: 'docx',
};

const byMediaType: Record<string, DocumentKind> = {
  'text/markdown': 'markdown',
  'text/html': 'html',
  'application/xhtml+xml': 'html',
  'text/csv': 'csv',
  'text/tab-separated-values': 'csv',
};

/**
 * What a document is. Bytes come first where they cannot be mistaken (PDF, zip), then the name, then what the sender
 * called it. Throws AppError `document_unsupported` for what has no text to take.
 */
export function documentKindOf(bytes: Uint8Array, name: string, mediaType = ''): DocumentKind {
  if (isPdf(bytes)) return 'pdf';
  const extension = /\.([^./\\]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
  if (isZip(bytes)) {
    if (extension === 'docx' || mediaType.includes('wordprocessingml')) return 'docx';
    throw unsupported(name);
  }
  const named = Object.hasOwn(byExtension, extension) ? byExtension[extension] : undefined;
  // A name alone makes no PDF; what is none has lost its head or never had one.
  if (named === 'pdf' || named === 'docx') throw damaged(name, named);
  if (bytes.subarray(0, 8192).includes(0) && !hasUtf16Mark(bytes)) throw unsupported(name);
  return named ?? byMediaType[mediaType.split(';', 1)[0]?.trim().toLowerCase() ?? ''] ?? 'text';
}

export function damaged(name: string, kind: string, cause?: unknown): AppError {
  return new AppError('document_damaged', `“${name}” cannot be read as ${kind}: the file is damaged or incomplete.`, {
    status: 422,
    cause,
  });
}

function unsupported(name: string): AppError {
  return new AppError(
    'document_unsupported',
    `“${name}” is no document whose text can be read. Use ${documentExtensions.join(', ')}.`,
    { status: 415 },
  );
}

/** Readers accept the mark within the first KiB. */
function isPdf(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 1024)).includes('%PDF-', 0, 'latin1');
}

function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);
}

function hasUtf16Mark(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}

import { z } from 'zod';
import type { DocumentReader } from '../../documents/document-reader.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { type FileContent, judgeContent } from './file-content.ts';
import { orAborted } from './or-aborted.ts';
import { pageRangeSchema, showDocument } from './read-document.ts';
import { pathSchema, toSandboxPath } from './sandbox-path.ts';
import { defineTool } from './tool.ts';

const defaultLines = 2000;
const maxLineCharacters = 2000;
/** A page ends at a whole line, so that nothing is hidden in its middle and the next page begins where it ended. */
const maxPageCharacters = 100_000;
/** Providers take images of 5 MB in base64. */
const maxImageBytes = 3_750_000;

const inputSchema = z.object({
  file_path: pathSchema.describe('Absolute, or relative to /workspace.'),
  offset: z.number().int().min(1).max(1_000_000_000).default(1).describe('First line to read, counted from 1.'),
  limit: z.number().int().min(1).max(100_000).default(defaultLines).describe('Number of lines to read.'),
  pages: pageRangeSchema.optional().describe('Pages of a PDF, for instance "3" or "1-5"; at most 20 at a time.'),
});

export function createReadTool(documents: DocumentReader) {
  return defineTool({
    name: 'Read',
    description:
      `Reads a file in the sandbox. Text comes with line numbers, up to ${defaultLines} lines from the beginning; longer files are read in pages with offset and limit. ` +
      'PNG, JPEG, GIF and WebP images are shown; PDF and Word documents come as text, page by page. The numbers and the tab after them are not part of the file.',
    inputSchema,
    reach: 'read',
    targetOf: ({ file_path }) => ({ kind: 'file', path: file_path }),
    async execute({ file_path, offset, limit, pages }, context) {
      const path = toSandboxPath(file_path);
      const sandbox = await orAborted(context.sandbox(), context.signal);
      const bytes = await orAborted(readBytes(sandbox, path, context.signal), context.signal);
      const content = judgeContent(bytes);
      switch (content.kind) {
        case 'image':
          return showImage(path, bytes, content.mimeType);
        case 'binary':
          if (isDocument(path, bytes)) return showDocument(documents, { path, bytes, pages }, context.signal);
          throw new AppError(
            'binary_file',
            `${path} is a binary file of ${bytes.length} bytes and cannot be read as text. Look at it with a program through Bash, for instance file or xxd.`,
            { status: 400 },
          );
        case 'text':
          // A PDF may hold nothing but text signs.
          if (isDocument(path, bytes)) return showDocument(documents, { path, bytes, pages }, context.signal);
          return showLines(path, content, offset, limit);
      }
    },
  });
}

function isDocument(path: string, bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.subarray(0, 5)).toString('latin1');
  return head === '%PDF-' || (head.startsWith('PK') && /\.docx$/i.test(path));
}

async function readBytes(sandbox: Sandbox, path: string, signal: AbortSignal): Promise<Uint8Array> {
  try {
    return await sandbox.readFile(path, { signal });
  } catch (error) {
    throw withAdvice(error);
  }
}

function withAdvice(error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  const advice: Record<string, string> = {
    is_directory: 'List it with Glob, or with ls through Bash.',
    file_not_found: 'Look for it with Glob.',
    file_too_large: 'Search it with Grep, or read a part of it with sed -n through Bash.',
  };
  const sentence = advice[error.code];
  if (sentence === undefined) return error;
  const { code, message, status, details } = error;
  return new AppError(code, `${message} ${sentence}`, { status, details, cause: error });
}

function showImage(path: string, bytes: Uint8Array, mimeType: string) {
  if (bytes.length > maxImageBytes) {
    throw new AppError(
      'image_too_large',
      `${path} is an image of ${bytes.length} bytes; at most ${maxImageBytes} can be shown. Make it smaller first.`,
      { status: 400 },
    );
  }
  return {
    content: [
      { type: 'text' as const, text: `${path} (${mimeType}, ${bytes.length} bytes):` },
      { type: 'image' as const, data: Buffer.from(bytes).toString('base64'), mimeType },
    ],
    details: { path, mimeType, sizeBytes: bytes.length },
  };
}

function showLines(path: string, content: FileContent & { kind: 'text' }, offset: number, limit: number) {
  const lines = content.text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (offset > Math.max(1, lines.length)) {
    throw new AppError('offset_after_end', `${path} has ${lines.length} lines; offset ${offset} is after its end.`, {
      status: 400,
    });
  }
  const shown: string[] = [];
  let characters = 0;
  for (const [index, line] of lines.slice(offset - 1, offset - 1 + limit).entries()) {
    const numbered = `${String(offset + index).padStart(6)}\t${cutLine(line)}`;
    characters += numbered.length + 1;
    if (characters > maxPageCharacters) break;
    shown.push(numbered);
  }
  const last = offset - 1 + shown.length;
  const notes = [
    ...(lines.length === 0 ? ['(The file is empty.)'] : []),
    ...(last < lines.length
      ? [`(Lines ${offset} to ${last} of ${lines.length}. Read on with offset ${last + 1}.)`]
      : []),
    ...(content.isWellFormed ? [] : ['(The file is not UTF-8: what cannot be read is shown as \ufffd.)']),
  ];
  return {
    content: [{ type: 'text' as const, text: [...shown, ...notes].join('\n').toWellFormed() }],
    details: { path, firstLine: offset, lastLine: last, totalLines: lines.length },
  };
}

function cutLine(line: string): string {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  if (text.length <= maxLineCharacters) return text;
  return `${text.slice(0, maxLineCharacters)} [${text.length - maxLineCharacters} characters more]`;
}

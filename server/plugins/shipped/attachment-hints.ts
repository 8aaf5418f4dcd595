import type { KeptFile } from '../../agent/attached-files.ts';
import type { Plugin } from '../plugin.ts';

interface Kind {
  matches(file: KeptFile): boolean;
  hint: string;
}

const named = (pattern: RegExp) => (file: KeptFile) => pattern.test(file.name);
const typed = (pattern: RegExp) => (file: KeptFile) => pattern.test(file.mimeType);
const either =
  (...tests: ((file: KeptFile) => boolean)[]) =>
  (file: KeptFile) =>
    tests.some((test) => test(file));

/** The first kind that matches counts. */
const kinds: readonly Kind[] = [
  {
    matches: either(typed(/^(text\/csv|text\/tab-separated-values)/), named(/\.(csv|tsv)$/i)),
    hint: 'a table: look at its first lines, then work on it with Python instead of reading it whole',
  },
  {
    matches: named(/\.(xlsx?|ods|parquet)$/i),
    hint: 'a table in a binary format: open it with Python',
  },
  {
    matches: either(typed(/^application\/pdf/), named(/\.pdf$/i)),
    hint: 'a PDF: Read shows its pages as text',
  },
  { matches: named(/\.(docx|pptx|odt|rtf|epub)$/i), hint: 'a document: Read shows its text' },
  {
    matches: either(typed(/^image\//), named(/\.(png|jpe?g|gif|webp|svg)$/i)),
    hint: 'an image: Read shows it when it is not shown above',
  },
  {
    matches: either(typed(/^application\/(zip|gzip|x-tar|x-7z)/), named(/\.(zip|tar|t?gz|7z|bz2|xz)$/i)),
    hint: 'an archive: list what is in it before you unpack it into a folder of its own',
  },
  {
    matches: either(typed(/^application\/(json|x-ndjson)/), named(/\.(jsonl?|ndjson)$/i)),
    hint: 'structured data: look at its shape with Python or jq',
  },
  { matches: typed(/^(audio|video)\//), hint: 'a recording: you cannot hear or see it; ask what is wanted' },
];

/** Above this, in bytes, a text is searched rather than read. */
const largeTextBytes = 262_144;

/** Tells the model, file by file, how to go about what came with a message. */
export function attachmentHints(): Plugin {
  return {
    name: 'attachment-hints',
    version: '1.0.0',
    attachmentHandler(files) {
      const lines = files.flatMap((file) => {
        const hint = hintFor(file);
        return hint === undefined ? [] : [`- ${file.path} is ${hint}.`];
      });
      return lines.length === 0 ? undefined : `How to go about them:\n${lines.join('\n')}`;
    },
  };
}

function hintFor(file: KeptFile): string | undefined {
  if (file.sizeBytes === 0) return 'empty';
  const kind = kinds.find(({ matches }) => matches(file));
  if (kind) return kind.hint;
  const isText = /^text\//.test(file.mimeType);
  return isText && file.sizeBytes > largeTextBytes
    ? 'a long text: search it with Grep before you read parts'
    : undefined;
}

import { filesLine } from '../../../server/contract/attachments.ts';

/** A file of a message, as it is shown beside its words. */
export interface AttachedFile {
  name: string;
  sizeBytes: number;
}

const fileLine = /^- \/workspace\/uploads\/(.+) \([^()]*, (\d+) bytes\)(?:, shown here)?$/;

/** A stored message, its words apart from the files that the server noted below them. */
export function splitFiles(stored: string): { text: string; files: AttachedFile[] } {
  const at = stored.indexOf(filesLine);
  if (at === -1) return { text: stored, files: [] };
  const files = stored
    .slice(at + filesLine.length)
    .split('\n')
    .flatMap((line) => {
      const [, name, bytes] = fileLine.exec(line) ?? [];
      return name === undefined ? [] : [{ name, sizeBytes: Number(bytes) }];
    });
  // A person may have written that line: without files it is theirs.
  return files.length === 0 ? { text: stored, files } : { text: stored.slice(0, at), files };
}

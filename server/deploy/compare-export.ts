import { diffLines } from 'diff';
import type { ComparedFile, DeployFile, DeployLine } from '../contract/deploy.ts';

/** Each file beside the one of the same name before; those that are there no more come last. */
export function compareExport(before: readonly DeployFile[], now: readonly DeployFile[]): ComparedFile[] {
  const old = new Map(before.map(({ path, content }) => [path, content]));
  const names = new Set(now.map(({ path }) => path));
  return [
    ...now.map((file) => compareFile(file, old.get(file.path))),
    ...before
      .filter(({ path }) => !names.has(path))
      .map((file): ComparedFile => ({ ...file, change: 'removed', added: 0, removed: countLines(file.content) })),
  ];
}

function compareFile(file: DeployFile, before: string | undefined): ComparedFile {
  if (before === undefined) return { ...file, change: 'new', added: countLines(file.content), removed: 0 };
  if (before === file.content) return { ...file, change: 'same', added: 0, removed: 0 };
  const lines = diffLines(before, file.content).flatMap(({ value, added, removed }): DeployLine[] => {
    const kind = added ? 'added' : removed ? 'removed' : 'same';
    return value
      .replace(/\n$/, '')
      .split('\n')
      .map((text) => ({ kind, text }));
  });
  const count = (kind: DeployLine['kind']) => lines.filter((line) => line.kind === kind).length;
  return { ...file, change: 'changed', added: count('added'), removed: count('removed'), lines };
}

function countLines(content: string): number {
  return content.replace(/\n$/, '').split('\n').length;
}

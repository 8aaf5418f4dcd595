import { posix } from 'node:path';
import { AppError } from '../../lib/app-error.ts';
import type { AgentCall } from '../wire/agent-client.ts';
import { type PlainRun, runScript } from './run-plain.ts';
import { exitFaults, findScript, grepScript, readScript, statScript, usageScript, writeScript } from './scripts.ts';

const maxListBytes = 16 * 1024 * 1024;

type FileCall = Pick<AgentCall<unknown>, 'params' | 'input' | 'maxOutputBytes' | 'signal'>;

interface FileAnswer {
  result: object;
  stdout: Buffer;
}

/** File operations by the image's own shell, in the shape of the agent's answers. */
export function createPlainFiles(run: PlainRun): Record<string, (call: FileCall) => Promise<FileAnswer>> {
  async function ask(script: string, path: string, args: string[], options: Parameters<typeof runScript>[3] = {}) {
    const { code, stdout, isCut } = await runScript(run, script, [path, ...args], options);
    const fault = exitFaults[code ?? 0];
    if (fault) {
      throw new AppError(fault[0], `${path}: ${fault[1]}.`, { status: statusOf(fault[0]) });
    }
    if (code === 49) {
      throw new AppError('invalid_pattern', 'The pattern is not an extended regular expression.', { status: 400 });
    }
    if (code !== 0) {
      throw new AppError('file_failed', `${path}: the operation failed (${code ?? 'no exit code'}).`, { status: 500 });
    }
    return { stdout, isCut };
  }
  const json = (value: unknown): FileAnswer => ({ result: {}, stdout: Buffer.from(JSON.stringify(value)) });

  return {
    async read({ params, signal }) {
      const { path, maxBytes } = params as { path: string; maxBytes: number };
      const file = absolute(path);
      const { stdout, isCut } = await ask(readScript, file, [String(maxBytes)], {
        maxBytes,
        ...(signal && { signal }),
      });
      if (isCut) {
        throw new AppError('file_too_large', `${file}: It is larger than the limit.`, { status: 413 });
      }
      return { result: { size: stdout.length }, stdout };
    },
    async write({ params, input = new Uint8Array() }) {
      const { path, size, append } = params as { path: string; size: number; append?: boolean };
      await ask(writeScript, absolute(path), [String(size), append ? 'append' : ''], { input });
      return { result: { size }, stdout: Buffer.alloc(0) };
    },
    async stat({ params }) {
      const path = absolute((params as { path: string }).path);
      const { stdout } = await ask(statScript, path, []);
      const [type, size, seconds] = stdout.toString('utf8').trim().split(' ');
      return json(
        type
          ? { path: shown(path), type, sizeBytes: Number(size) || 0, modifiedAt: (Number(seconds) || 0) * 1000 }
          : null,
      );
    },
    async glob({ params, signal }) {
      const { path, pattern, limit } = params as { path: string; pattern: string; limit: number };
      const folder = absolute(path);
      const { stdout, isCut } = await ask(findScript, folder, [], {
        maxBytes: maxListBytes,
        ...(signal && { signal }),
      });
      const found = stdout
        .toString('utf8')
        .split('\n')
        .map((line) => /^(\d+) \.\/(.+)$/.exec(line))
        .filter((match) => match !== null && posix.matchesGlob(match[2] ?? '', pattern))
        .map((match) => ({ at: Number(match?.[1]), name: match?.[2] ?? '' }))
        .toSorted((one, other) => other.at - one.at || (one.name < other.name ? -1 : 1));
      const paths = found.slice(0, limit).map(({ name }) => shown(posix.join(folder, name)));
      return json({ paths, hasMore: isCut || found.length > limit });
    },
    async grep({ params, signal }) {
      const { path, pattern, glob, ignoreCase, limit } = params as {
        path: string;
        pattern: string;
        glob?: string;
        ignoreCase: boolean;
        limit: number;
      };
      const root = absolute(path);
      const options = { maxBytes: maxListBytes, ...(signal && { signal }) };
      const { stdout, isCut } = await ask(grepScript, root, [pattern, ignoreCase ? '-i' : ''], options);
      const wanted = glob === undefined ? undefined : glob.includes('/') ? glob : `**/${glob}`;
      const matches = stdout
        .toString('utf8')
        .split('\n')
        .map((line) => /^(.+?):(\d+):(.*)$/.exec(line))
        .filter((match) => match !== null)
        .filter(([, name = '']) => !wanted || posix.matchesGlob(posix.relative(root, name), wanted))
        .map(([, name = '', line, text = '']) => ({
          path: shown(name),
          line: Number(line),
          text: text.slice(0, 1000),
        }));
      return json({ matches: matches.slice(0, limit), hasMore: isCut || matches.length > limit });
    },
    async usage({ params }) {
      const { stdout } = await ask(usageScript, absolute((params as { path: string }).path), []);
      return { result: { bytes: (Number(stdout.toString('utf8')) || 0) * 1024, files: 0 }, stdout: Buffer.alloc(0) };
    },
  };
}

function absolute(path: string): string {
  if (path.includes('\0')) {
    throw new AppError('invalid_path', 'The path has a null byte in it.', { status: 400 });
  }
  return posix.resolve('/workspace', path);
}

function shown(path: string): string {
  return path.startsWith('/workspace/') ? path.slice('/workspace/'.length) : path;
}

function statusOf(code: string): number {
  const statuses: Record<string, number> = {
    file_not_found: 404,
    directory_not_found: 404,
    file_too_large: 413,
    path_outside_workspace: 403,
    permission_denied: 403,
    disk_full: 507,
    interrupted: 500,
  };
  return statuses[code] ?? 400;
}

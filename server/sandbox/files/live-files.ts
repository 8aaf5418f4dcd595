import { posix } from 'node:path';
import { z } from 'zod';
import { mostListed, type WorkspaceNews } from '../../contract/workspace-files.ts';
import { AppError } from '../../lib/app-error.ts';
import type { SandboxScope } from '../running-sandbox.ts';
import type { AgentAnswer, AgentCall } from '../wire/agent-client.ts';
import { pumpInput } from '../wire/input-feed.ts';
import { emptyResultSchema, sizeResultSchema } from '../wire/messages.ts';
import type { FileTree } from './file-tree.ts';

const listBytes = 16 * 1024 * 1024;
const scanBytes = 64 * 1024 * 1024;
const type = z.enum(['file', 'directory', 'symlink', 'other']);
const fact = { type, sizeBytes: z.number().int().min(0), modifiedAt: z.number() };
const entrySchema = z.object({ name: z.string(), ...fact });
const listSchema = z.object({ entries: z.array(entrySchema), hasMore: z.boolean() });
const scannedSchema = z.object({ path: z.string(), ...fact, sha256: z.string().nullable().exactOptional() });
const newsSchema = z.union([
  z.object({ ready: z.enum(['inotify', 'polling']) }),
  z.object({ paths: z.array(z.string()).max(200), isWhole: z.boolean() }),
]);
const moreSchema = z.object({ hasMore: z.boolean() });
/** A line of news is far shorter; what is longer is not ours. */
const maxLineCharacters = 4 * 1024 * 1024;

/** The files of a running sandbox, as its own user sees them. */
export function createLiveFiles(scope: SandboxScope): FileTree {
  async function call<Result>(
    given: Omit<AgentCall<Result>, 'signal'>,
    signal: AbortSignal,
  ): Promise<AgentAnswer<Result>> {
    signal.throwIfAborted();
    if (scope.info().state === 'paused') {
      await scope.awake();
    }
    const end = scope.begin();
    try {
      return await scope.agent.call({ ...given, signal });
    } catch (fault) {
      signal.throwIfAborted();
      throw fault;
    } finally {
      end();
    }
  }

  /** Output piece by piece as it is taken; whoever stops taking ends the call. */
  function streamOf(given: Omit<AgentCall<unknown>, 'signal' | 'onOutput' | 'isOutputKept'>, signal: AbortSignal) {
    const gone = new AbortController();
    let taken: () => void = () => undefined;
    return new ReadableStream<Uint8Array>(
      {
        start(controller) {
          const onOutput = (stream: 'stdout' | 'stderr', chunk: Uint8Array) => {
            if (stream === 'stderr' || gone.signal.aborted) {
              return;
            }
            controller.enqueue(Uint8Array.from(chunk));
            return (controller.desiredSize ?? 0) > 0 ? undefined : new Promise<void>((resolve) => (taken = resolve));
          };
          const whole = { ...given, isOutputKept: false, onOutput, maxOutputBytes: Number.POSITIVE_INFINITY };
          call(whole, AbortSignal.any([signal, gone.signal])).then(
            () => gone.signal.aborted || controller.close(),
            (fault: unknown) => gone.signal.aborted || controller.error(fault),
          );
        },
        pull: () => taken(),
        cancel() {
          gone.abort(new AppError('interrupted', 'Nobody reads this any more.'));
          taken();
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: 262_144 }),
    );
  }

  const at = (path: string) => ({ path: posix.join('/workspace', path) });
  const simple = async (op: 'make' | 'remove' | 'rename', params: Record<string, unknown>, signal: AbortSignal) => {
    await call({ op, params, result: emptyResultSchema }, signal);
  };

  return {
    from: 'sandbox',
    async list(path, signal) {
      const params = { ...at(path), limit: mostListed };
      const { stdout } = await call(
        { op: 'list', params, result: emptyResultSchema, maxOutputBytes: listBytes },
        signal,
      );
      return listSchema.parse(JSON.parse(stdout.toString('utf8')));
    },
    async fetch(path, signal) {
      const { stdout } = await call({ op: 'facts', params: at(path), result: emptyResultSchema }, signal);
      const found = entrySchema.parse(JSON.parse(stdout.toString('utf8')));
      if (found.type !== 'file') {
        throw new AppError('not_a_file', 'This is not a plain file.', { status: 400 });
      }
      const params = { ...at(path), maxBytes: found.sizeBytes };
      const body = streamOf({ op: 'fetch', params, result: sizeResultSchema }, signal);
      return { sizeBytes: found.sizeBytes, modifiedAt: found.modifiedAt, body };
    },
    async store(path, sizeBytes, source, signal) {
      scope.checkSpace();
      const failed = new AbortController();
      let fault: unknown;
      const result = call(
        {
          op: 'store',
          params: { ...at(path), size: sizeBytes },
          result: sizeResultSchema,
          onStart: (control) =>
            void pumpInput(source, control).then(control.end, (cause: unknown) => {
              fault = cause;
              failed.abort();
            }),
        },
        AbortSignal.any([signal, failed.signal]),
      );
      await result.catch((cause: unknown) => Promise.reject(fault ?? cause));
    },
    makeFolder: (path, signal) => simple('make', at(path), signal),
    remove: (path, signal) => simple('remove', at(path), signal),
    rename: (path, to, signal) => simple('rename', { ...at(path), to: at(to).path }, signal),
    async zip(path, signal) {
      return streamOf({ op: 'zip', params: at(path), result: emptyResultSchema }, signal);
    },
    async scan(since, limit, signal) {
      const params = { ...at('.'), since, limit };
      const { stdout, result } = await call(
        { op: 'scan', params, result: moreSchema, maxOutputBytes: scanBytes },
        signal,
      );
      const lines = stdout
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== '');
      return { entries: lines.map((line) => scannedSchema.parse(JSON.parse(line))), hasMore: result.hasMore };
    },
    async watch(onNews, signal) {
      let rest = '';
      const decoder = new TextDecoder();
      const onOutput = (stream: 'stdout' | 'stderr', chunk: Uint8Array) => {
        const lines = (rest + (stream === 'stdout' ? decoder.decode(chunk, { stream: true }) : '')).split('\n');
        rest = (lines.pop() ?? '').slice(0, maxLineCharacters);
        for (const line of lines) {
          const news = newsOf(line);
          if (news) onNews(news);
        }
      };
      const bounds = { isOutputKept: false, maxOutputBytes: Number.POSITIVE_INFINITY };
      await scope.agent
        .call({ op: 'watch', params: at('.'), result: emptyResultSchema, onOutput, ...bounds, signal })
        .catch((fault: unknown) => (signal.aborted ? undefined : Promise.reject(fault)));
    },
  };
}

/** Whatever runs inside can write here as well: what is no news is left out. */
function newsOf(line: string): WorkspaceNews | undefined {
  let given: unknown;
  try {
    given = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { data: news } = newsSchema.safeParse(given);
  if (!news) return undefined;
  return 'ready' in news ? { type: 'ready', by: news.ready } : { type: 'changed', ...news };
}

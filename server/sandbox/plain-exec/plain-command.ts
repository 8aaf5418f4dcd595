import type { z } from 'zod';
import type { AgentAnswer, AgentCall } from '../wire/agent-client.ts';
import type { execResultSchema } from '../wire/messages.ts';
import type { Crowd } from './crowd.ts';
import { type PlainRun, runPlain, runScript } from './run-plain.ts';
import { killAllScript, killTreeScript, startScript } from './scripts.ts';

type ExecFacts = z.infer<typeof execResultSchema>;

interface ExecParams {
  argv?: string[];
  shell?: string;
  cwd: string;
  env: Record<string, string>;
  timeoutMs: number;
  maxOutputBytes?: number;
  killLeftovers: boolean;
}

export interface PlainCommands {
  run(
    call: Pick<AgentCall<unknown>, 'params' | 'input' | 'onOutput' | 'isOutputKept' | 'signal'>,
  ): Promise<AgentAnswer<ExecFacts>>;
}

/** Runs commands without an agent inside. `home` is their HOME. */
export function createPlainCommands(run: PlainRun, home: string, crowd: Crowd): PlainCommands {
  return {
    async run({ params, input, onOutput, isOutputKept = true, signal }) {
      const { argv, shell = '', cwd, env, timeoutMs, maxOutputBytes, killLeftovers } = params as unknown as ExecParams;
      const kept = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
      const startedAt = run.clock.monotonic();
      const head = readHead();
      let left = maxOutputBytes ?? Number.POSITIVE_INFINITY;
      let dropped = 0;
      let killedFor: 'timeout' | 'abort' | undefined;
      const done = new AbortController();

      const take = (stream: 'stdout' | 'stderr', chunk: Buffer): void | Promise<void> => {
        const part = chunk.subarray(0, Math.min(chunk.length, left));
        left -= part.length;
        dropped += chunk.length - part.length;
        if (part.length > 0) {
          if (isOutputKept) {
            kept[stream].push(part);
          }
          return onOutput?.(stream, part);
        }
      };
      const kill = (reason: 'timeout' | 'abort') => {
        killedFor ??= reason;
        void head.pid
          .then((pid) => runScript(run, killTreeScript, [String(pid)]))
          // Over by itself, it has done so, and whoever is alone now is another.
          .then(() => (done.signal.aborted ? undefined : endStrays()))
          // The caller removes the container when the command does not end.
          .catch(() => undefined);
      };
      /** What has left the tree of its command, when it cannot be another command's. */
      const endStrays = () => crowd.whenAlone(() => runScript(run, killAllScript, []));

      run.clock.sleep(timeoutMs, done.signal).then(
        () => kill('timeout'),
        () => undefined,
      );
      const onAbort = () => kill('abort');
      signal?.addEventListener('abort', onAbort, { once: true, signal: done.signal });
      if (signal?.aborted) {
        onAbort();
      }
      try {
        const code = await runPlain(run, {
          argv: ['/bin/sh', '-c', startScript, 'sh', cwd, ...(argv ?? ['/bin/sh', '-c', shell])],
          cwd: '/workspace',
          env: { HOME: home, USER: 'agent', LOGNAME: 'agent', ...env },
          ...(input === undefined ? {} : { input }),
          onStdout: (chunk) => {
            const rest = head.take(chunk);
            return rest.length === 0 ? undefined : take('stdout', rest);
          },
          onStderr: (chunk) => void take('stderr', chunk),
        });
        done.abort();
        if (killLeftovers || killedFor !== undefined) {
          await endStrays();
        }
        const isKilled = killedFor !== undefined;
        const result: ExecFacts = {
          code: isKilled ? null : (code ?? null),
          signal: isKilled ? 'SIGKILL' : null,
          endedBy: killedFor ?? 'exit',
          survivors: 0,
          background: false,
          dropped,
          durationMs: Math.round(run.clock.monotonic() - startedAt),
        };
        const [stdout, stderr] = [Buffer.concat(kept.stdout), Buffer.concat(kept.stderr)];
        return { result, stdout, stderr, gone: Promise.resolve() };
      } finally {
        done.abort();
        head.end();
      }
    },
  };
}

/** The number on the first line of stdout; the rest is the command's own. */
function readHead() {
  let line = '';
  let isRead = false;
  const { promise: pid, resolve, reject } = Promise.withResolvers<number>();
  pid.catch(() => undefined);

  return {
    pid,
    take(chunk: Buffer): Buffer {
      if (isRead) {
        return chunk;
      }
      const at = chunk.indexOf(0x0a);
      line += chunk.toString('latin1', 0, at === -1 ? chunk.length : at);
      if (at === -1) {
        return Buffer.alloc(0);
      }
      isRead = true;
      if (/^\d{1,10}$/.test(line)) {
        resolve(Number(line));
      }
      return chunk.subarray(at + 1);
    },
    end: () => reject(new Error('The command ended before it told its number.')),
  };
}

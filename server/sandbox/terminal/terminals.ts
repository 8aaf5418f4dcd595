import { randomUUID } from 'node:crypto';
import type { TerminalInfo } from '../../contract/terminal.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { SandboxManager } from '../sandbox.ts';
import { sandboxById } from '../sandbox-by-id.ts';
import { createTerminal, type OutputFilter, type Terminal } from './terminal.ts';
import type { TerminalSize } from './terminal-process.ts';
import { openTerminalStream } from './terminal-stream.ts';

const mostPerSandbox = 8;
const mostEndedPerSandbox = 4;

export interface TerminalsOptions {
  sandboxes: Pick<SandboxManager, 'list' | 'acquire' | 'subscribe'>;
  /** What takes secrets out of output; default: nothing is taken out. */
  filter?: () => OutputFilter;
  clock: Clock;
}

/** Every terminal of a person in any sandbox. They end with their sandbox, not with the page that opened them. */
export interface Terminals {
  list(sandboxId: string): TerminalInfo[];
  /** Throws `sandbox_not_found`, `terminal_limit`, `shell_not_found`, and whatever the sandbox says. */
  open(sandboxId: string, request: { size: TerminalSize; shell?: string }): Promise<TerminalInfo>;
  /** Shells of that sandbox, the one that is opened without a wish first. */
  shells(sandboxId: string): Promise<string[]>;
  /** Throws `terminal_not_found`. */
  find(id: string): Terminal;
  /** Frames of all of these from the given offsets on, until the signal. */
  stream(at: readonly { id: string; offset: number }[], signal: AbortSignal): ReadableStream<Uint8Array>;
  /** Ends it and forgets it; one that is gone is success. */
  remove(id: string): void;
  close(): void;
}

export function createTerminals({ sandboxes, clock, filter = passAll }: TerminalsOptions): Terminals {
  const terminals = new Map<string, Terminal>();
  const watchers = new Set<() => void>();
  const tell = () => {
    for (const watcher of watchers) watcher();
  };
  const of = (sandboxId: string) => [...terminals.values()].filter((each) => each.info().sandboxId === sandboxId);

  const unsubscribe = sandboxes.subscribe((change) => {
    if ('sandbox' in change && change.sandbox.state === 'gone') {
      for (const terminal of of(change.sandbox.id)) {
        terminals.delete(terminal.info().id);
      }
      tell();
    }
  });

  const sandboxOf = (id: string) => sandboxById(sandboxes, id);

  function checkRoom(sandboxId: string): void {
    const own = of(sandboxId);
    const ended = own.filter((each) => each.info().ended);
    for (const terminal of ended.slice(0, Math.max(0, ended.length - mostEndedPerSandbox))) {
      terminals.delete(terminal.info().id);
    }
    if (own.length - ended.length >= mostPerSandbox) {
      const sentence = `${mostPerSandbox} terminals are open in this sandbox. Close one of them first.`;
      throw new AppError('terminal_limit', sentence, { status: 429 });
    }
  }

  return {
    list: (sandboxId) => of(sandboxId).map((each) => each.info()),
    async open(sandboxId, { size, shell }) {
      checkRoom(sandboxId);
      const sandbox = await sandboxOf(sandboxId);
      const shells = await sandbox.shells();
      const chosen = shell ?? shells[0];
      if (chosen === undefined || !shells.includes(chosen)) {
        throw new AppError('shell_not_found', `There is no ${shell ?? 'shell'} in this sandbox. Pick another.`, {
          status: 400,
          details: { shells },
        });
      }
      checkRoom(sandboxId);
      const id = `trm_${randomUUID()}`;
      const terminal = createTerminal({ id, sandbox, shell: chosen, size, filter, clock, onChange: tell });
      terminals.set(id, terminal);
      return terminal.info();
    },
    shells: async (sandboxId) => (await sandboxOf(sandboxId)).shells(),
    find(id) {
      const terminal = terminals.get(id);
      if (!terminal) {
        throw new AppError('terminal_not_found', 'This terminal is gone. Open a new one.', { status: 404 });
      }
      return terminal;
    },
    stream: (at, signal) =>
      openTerminalStream({
        at,
        find: (id) => terminals.get(id),
        onChange(listener) {
          watchers.add(listener);
          return () => watchers.delete(listener);
        },
        clock,
        signal,
      }),
    remove(id) {
      const terminal = terminals.get(id);
      if (terminal) {
        terminals.delete(id);
        terminal.close();
        tell();
      }
    },
    close() {
      unsubscribe();
      for (const terminal of terminals.values()) terminal.close();
      terminals.clear();
      tell();
    },
  };
}

function passAll(): OutputFilter {
  return { push: (piece) => piece, end: () => '' };
}

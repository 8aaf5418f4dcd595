import type { ConsoleHost } from '../server/index.ts';
import type { HostKeeper } from './host-keeper.ts';
import { createRunNotices, type RunNoticesOptions } from './run-notices.ts';

type Runs = NonNullable<ReturnType<ConsoleHost['server']['parts']>>['runs'];

/**
 * What goes on, by the first line of the message that started it. A run that waits for an answer is not among them: it
 * is put aside with its question, and waits on after the next start.
 */
export function personsRuns(host: ConsoleHost | undefined): string[] {
  const runs = host?.server.parts()?.runs.list() ?? [];
  return runs
    .filter(({ status, pending = [] }) => status === 'running' && pending.length === 0)
    .map(({ title, agentId }) => title || agentId);
}

/** Tells of runs as long as the program lives, through every restart of the server. */
export function followRuns(keeper: HostKeeper, options: RunNoticesOptions): void {
  const tell = createRunNotices(options);
  let followed: Runs | undefined;
  let unfollow: () => void = () => undefined;
  keeper.subscribe(() => {
    const runs = keeper.current()?.server.parts()?.runs;
    if (runs === followed) return;
    unfollow();
    followed = runs;
    unfollow = runs?.subscribe(tell) ?? (() => undefined);
  });
}

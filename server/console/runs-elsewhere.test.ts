import { expect, it } from 'vitest';
import type { RunInfo } from '../contract/chat.ts';
import { AppError } from '../lib/app-error.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { fakeClock, fakeServer, runInfo } from './fakes.test-support.ts';
import { followRunsElsewhere } from './runs-elsewhere.ts';

function rig() {
  const clock = fakeClock();
  const there = {
    runs: [] as RunInfo[],
    over: undefined as RunInfo | undefined,
    isDown: false,
    aborted: [] as string[],
  };
  const elsewhere = {
    list: async () => {
      if (there.isDown) throw new AppError('storage_unavailable', 'gone');
      return there.runs;
    },
    find: async () =>
      there.over && {
        runId: 'run_2',
        sessionId: 'ses_2',
        info: () => there.over as RunInfo,
        events: never,
        done: over,
      },
    abort: async (runId: string) => {
      there.aborted.push(runId);
      return runId === 'run_2';
    },
  };
  const server = fakeServer();
  const { parts } = server.control;
  const told: RunInfo[] = [];
  const closing = new AbortController();
  const watch = { isOn: true };
  const followed = followRunsElsewhere({
    server: {
      ...server.control,
      parts: () => {
        const known = parts();
        return known && { ...known, runs: { ...known.runs, elsewhere } };
      },
    },
    ...{ clock, logger: silentLogger, signal: closing.signal },
    isWatched: () => watch.isOn,
    onRun: (run) => told.push(run),
  });
  return { clock, there, told, watch, followed, closing, server };
}

const over = Promise.resolve();
const never = () => {
  throw new Error('not part of this test');
};

it('tells what runs of other instances do, and how they ended', async () => {
  const { clock, there, told, followed, server, closing } = rig();
  server.become('ready');
  const run = runInfo({ runId: 'run_2', instance: 'other-host' });
  there.runs = [run];
  await clock.advance(2000);
  await clock.advance(2000);
  expect(told).toEqual([run]);
  expect(followed.list()).toEqual([run]);
  there.runs = [{ ...run, turn: 2 }];
  await clock.advance(2000);
  expect(told.at(-1)).toMatchObject({ turn: 2 });
  there.isDown = true;
  await clock.advance(2000);
  expect(followed.list()).toMatchObject([{ runId: 'run_2' }]);
  there.isDown = false;
  there.runs = [];
  there.over = { ...run, status: 'aborted' };
  await clock.advance(2000);
  expect(told.at(-1)).toMatchObject({ status: 'aborted' });
  expect(followed.list()).toEqual([]);
  closing.abort();
});

it('calls a run done that nobody knows any more, asks for nobody, and stops runs elsewhere', async () => {
  const { clock, there, told, watch, followed, server, closing } = rig();
  server.become('ready');
  watch.isOn = false;
  there.runs = [runInfo({ runId: 'run_2' })];
  await clock.advance(4000);
  expect(told).toEqual([]);
  await followed.look();
  there.runs = [];
  await followed.look();
  expect(told.at(-1)).toMatchObject({ runId: 'run_2', status: 'done' });
  expect(await followed.abort('run_2')).toBe(true);
  expect(await followed.abort('run_9')).toBe(false);
  server.become('stopped');
  await followed.look();
  expect(followed.list()).toEqual([]);
  closing.abort();
});

import { expect, test } from 'vitest';
import type { RunInfo } from '../server/contract/chat.ts';
import { createRunNotices, type RunNotice } from './run-notices.ts';
import { desktopWords } from './words.ts';

const run = (changes: Partial<RunInfo>): RunInfo => ({
  runId: 'run-1',
  sessionId: 's-1',
  tenantId: 'default',
  userId: 'default',
  agentId: 'default',
  model: 'demo:demo',
  title: 'Count the files',
  status: 'running',
  turn: 1,
  activity: '',
  startedAt: 0,
  usage: {} as RunInfo['usage'],
  ...changes,
});
const asking = (toolCallId: string) => ({ pending: [{ kind: 'question', toolCallId } as never] });

function prepare(isWanted = true) {
  const shown: RunNotice[] = [];
  const tell = createRunNotices({
    words: () => desktopWords.en.notices,
    isWanted: () => isWanted,
    show: (notice) => void shown.push(notice),
  });
  return { tell, shown };
}

test('a run that asks is told once per question, and leads to its session', () => {
  const { tell, shown } = prepare();
  tell(run({}));
  tell(run(asking('a')));
  tell(run(asking('a')));
  tell(run(asking('b')));
  expect(shown).toHaveLength(2);
  expect(shown[0]).toEqual({ title: 'A run waits for your answer', body: 'Count the files', path: '/playground/s-1' });
});

test.each([
  ['done', 20_000, ['Run finished']],
  ['error', 20_000, ['Run failed']],
  ['aborted', 20_000, []],
  ['done', 2000, []],
] as const)('a run that ended %s after %i ms is told as %j', (status, endedAt, titles) => {
  const { tell, shown } = prepare();
  tell(run({ status, endedAt }));
  tell(run({ status, endedAt }));
  expect(shown.map(({ title }) => title)).toEqual(titles);
});

test('runs of other tenants and users are not told', () => {
  const { tell, shown } = prepare();
  tell(run({ ...asking('a'), tenantId: 'acme' }));
  tell(run({ ...asking('a'), userId: 'ada' }));
  expect(shown).toEqual([]);
});

test('nothing is told while it is not wanted, nor later', () => {
  const { tell, shown } = prepare(false);
  tell(run(asking('a')));
  expect(shown).toEqual([]);
});

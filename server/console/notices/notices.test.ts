import { describe, expect, it } from 'vitest';
import type { ConsoleEvent, Problem } from '../../contract/console-events.ts';
import type { PendingRequest } from '../../contract/permissions.ts';
import { fakeClock, json, makeConsole, runInfo } from '../fakes.test-support.ts';
import { createNotices, noticesKept } from './notices.ts';

function open() {
  const events: ConsoleEvent[] = [];
  const clock = fakeClock();
  const notices = createNotices(clock, (event) => events.push(event));
  return { notices, events, clock };
}

const question: PendingRequest = { kind: 'question', toolCallId: 'call_1', question: 'Which one?' };
const permission: PendingRequest = {
  ...{ kind: 'permission', toolCallId: 'call_2', toolName: 'Bash', args: {}, reason: 'The mode asks.', remember: [] },
};
const disk: Problem = { code: 'disk_low', severity: 'bad', params: { freePct: '4.0' }, page: 'overview' };

describe('notices', () => {
  it('tell a failed run once, with the session to open', () => {
    const { notices, events } = open();
    notices.onRun(runInfo({ status: 'running' }));
    notices.onRun(runInfo({ status: 'error', title: 'Fix it' }));
    notices.onRun(runInfo({ status: 'error', title: 'Fix it' }));
    expect(notices.list()).toMatchObject([
      { code: 'run_failed', params: { title: 'Fix it' }, session: { sessionId: 'ses_1' }, isRead: false },
    ]);
    expect(events.map(({ type }) => type)).toEqual(['notice']);
  });

  it('tell what a run waits for, and that it is over once it was answered or the run ended', () => {
    const { notices } = open();
    notices.onRun(runInfo({ pending: [question, permission] }));
    expect(notices.list().map(({ code, isOver }) => [code, isOver])).toEqual([
      ['permission_waiting', false],
      ['question_waiting', false],
    ]);
    notices.onRun(runInfo({ pending: [permission] }));
    expect(notices.list().map(({ isOver }) => isOver)).toEqual([false, true]);
    notices.onRun(runInfo({ status: 'aborted' }));
    expect(notices.list().map(({ isOver }) => isOver)).toEqual([true, true]);
  });

  it('leave the requests of other runs as they are', () => {
    const { notices } = open();
    notices.onRun(runInfo({ runId: 'one', pending: [question] }));
    notices.onRun(runInfo({ runId: 'two', status: 'done' }));
    expect(notices.list()).toMatchObject([{ isOver: false }]);
  });

  it('tell a problem when it begins, not again while its figures change, and anew when it comes back', async () => {
    const { notices, clock } = open();
    notices.onProblems([disk]);
    notices.onProblems([{ ...disk, params: { freePct: '3.9' } }]);
    expect(notices.list()).toHaveLength(1);
    notices.onProblems([]);
    expect(notices.list()).toMatchObject([{ isOver: true }]);
    await clock.advance(1000);
    notices.onProblems([disk]);
    expect(notices.list()).toMatchObject([{ isOver: false }, { isOver: true }]);
  });

  it('leave out problems that nobody has to be called for', () => {
    const { notices } = open();
    notices.onProblems([{ code: 'no_model_key', severity: 'warn', params: {}, page: 'secrets' }]);
    expect(notices.list()).toEqual([]);
  });

  it('do not bring back what was dismissed while it goes on', () => {
    const { notices } = open();
    notices.onProblems([disk]);
    notices.onRun(runInfo({ pending: [question] }));
    for (const { id } of notices.list()) expect(notices.dismiss(id)).toBe(true);
    notices.onProblems([disk]);
    notices.onRun(runInfo({ pending: [question] }));
    expect(notices.list()).toEqual([]);
    expect(notices.dismiss('gone')).toBe(false);
  });

  it('keep the newest hundred', () => {
    const { notices } = open();
    for (let run = 0; run < noticesKept + 20; run += 1) notices.onRun(runInfo({ runId: `r${run}`, status: 'error' }));
    expect(notices.list()).toHaveLength(noticesKept);
    expect(notices.list()[0]?.id).toBe(`failed:r${noticesKept + 19}`);
  });

  it('are read all at once, which is told once', () => {
    const { notices, events } = open();
    notices.onRun(runInfo({ status: 'error' }));
    notices.markRead();
    notices.markRead();
    expect(notices.list()).toMatchObject([{ isRead: true }]);
    expect(events.filter(({ type }) => type === 'notices')).toHaveLength(1);
  });
});

describe('the routes of notices', () => {
  it('list, read and dismiss, and are part of the state', async () => {
    const made = makeConsole();
    made.server.become('ready');
    made.server.runChanges.tell(runInfo({ status: 'error' }));
    made.server.runChanges.tell(runInfo({ runId: 'run_2', status: 'error' }));
    const state = (await (await made.ask('/console/api/state')).json()) as { notices: { id: string }[] };
    expect(state.notices.map(({ id }) => id)).toEqual(['failed:run_2', 'failed:run_1']);
    const header = { 'X-Agentrail-Console': '1' };
    const read = await made.ask('/console/api/notices/read', json('POST', {}, header));
    expect(await read.json()).toMatchObject({ notices: [{ isRead: true }, { isRead: true }] });
    const path = `/console/api/notices/${encodeURIComponent('failed:run_2')}`;
    const left = await made.ask(path, { method: 'DELETE', headers: header });
    expect(await left.json()).toMatchObject({ notices: [{ id: 'failed:run_1' }] });
    const again = await made.ask(path, { method: 'DELETE', headers: header });
    expect([again.status, await again.json()]).toMatchObject([404, { code: 'notice_not_found' }]);
    const none = await made.ask('/console/api/notices', { method: 'DELETE', headers: header });
    expect(await none.json()).toEqual({ notices: [] });
  });
});

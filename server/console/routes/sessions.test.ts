import { describe, expect, it } from 'vitest';
import type { SessionListing } from '../../contract/sessions.ts';
import { json, makeConsole, runInfo, sandboxInfo, sessionSummary } from '../fakes.test-support.ts';

const path = '/console/api/sessions/default/default/ses_1';

function withSession() {
  const made = makeConsole();
  made.sessions.rows.set('ses_1', sessionSummary());
  return made;
}

describe('the session routes', () => {
  it('lists sessions by the filters that were given, fifty at a time', async () => {
    const { ask, sessions } = withSession();
    expect(await (await ask('/console/api/sessions')).json()).toMatchObject({ sessions: [{ sessionId: 'ses_1' }] });
    await ask('/console/api/sessions?cursor=abc&limit=20&tenantId=acme&userId=ann');
    expect(sessions.queries).toEqual([{ limit: 50 }, { limit: 20, cursor: 'abc', tenantId: 'acme', userId: 'ann' }]);
  });

  it('lists what is known by now when that is welcome', async () => {
    const { ask, sessions } = withSession();
    await ask('/console/api/sessions?partial=yes');
    expect(sessions.queries).toEqual([{ limit: 50, isPartialWelcome: true }]);
  });

  it('searches, and filters by agent and by how the last turn ended', async () => {
    const { ask, sessions } = withSession();
    await ask('/console/api/sessions?text=two%20words&agentId=coder&status=error');
    expect(sessions.queries).toEqual([{ limit: 50, text: 'two words', agentId: 'coder', lastStopReason: 'error' }]);
  });

  it('lists the sessions in which a run goes on, once each, without those that are gone', async () => {
    const { ask, server, sessions } = withSession();
    sessions.rows.set('ses_2', sessionSummary({ sessionId: 'ses_2', title: 'Other', lastActiveAt: 3 }));
    server.runs = [
      runInfo(),
      runInfo({ runId: 'run_2' }),
      runInfo({ runId: 'run_3', sessionId: 'ses_2' }),
      runInfo({ runId: 'run_4', sessionId: 'ses_3' }),
      runInfo({ runId: 'run_5', sessionId: 'ses_4', status: 'done' }),
    ];
    server.become('ready');
    const titles = async (query: string) => {
      const response = await ask(`/console/api/sessions?status=running${query}`);
      return ((await response.json()) as SessionListing).sessions.map(({ title }) => title);
    };
    expect(await titles('')).toEqual(['Other', 'Hello']);
    expect(await titles('&text=HELL')).toEqual(['Hello']);
    expect(await titles('&tenantId=acme')).toEqual([]);
  });

  it.each(['limit=0', 'limit=201', 'limit=x', 'tenantId=..', 'status=idle', 'agentId=/', 'partial=no'])(
    'refuses a list with %s',
    async (query) => {
      const { ask } = withSession();
      expect((await ask(`/console/api/sessions?${query}`)).status).toBe(400);
    },
  );

  it('gives the history of a session, and 404 to another owner', async () => {
    const { ask } = withSession();
    expect(await (await ask(`${path}/messages`)).json()).toMatchObject({
      session: { title: 'Hello' },
      messages: [{ role: 'user' }],
      skippedLines: 0,
    });
    const other = await ask('/console/api/sessions/default/eve/ses_1/messages');
    expect([other.status, await other.json()]).toMatchObject([404, { code: 'session_not_found' }]);
  });

  it('renames a session, but not to nothing', async () => {
    const { ask } = withSession();
    expect(await (await ask(path, json('PATCH', { title: ' New ' }))).json()).toMatchObject({ title: 'New' });
    expect((await ask(path, json('PATCH', { title: '  ' }))).status).toBe(400);
  });

  it('deletes a session and its sandbox', async () => {
    const { ask, sessions, sandboxes } = withSession();
    sandboxes.rows = [sandboxInfo(), sandboxInfo({ id: 'sb_2', sessionId: 'ses_2' })];
    expect((await ask(path, { method: 'DELETE' })).status).toBe(200);
    expect(sandboxes.destroyed).toEqual(['sb_1']);
    expect(sessions.rows.size).toBe(0);
    expect((await ask(path, { method: 'DELETE' })).status).toBe(404);
  });

  it('keeps a session whose run is going on, also while the server drains', async () => {
    const { ask, server, sessions, sandboxes } = withSession();
    sandboxes.rows = [sandboxInfo()];
    server.become('ready');
    server.runs = [runInfo()];
    server.become('draining');
    const response = await ask(path, { method: 'DELETE' });
    expect([response.status, await response.json()]).toMatchObject([
      409,
      { code: 'session_busy', details: { runId: 'run_1' } },
    ]);
    expect([sessions.rows.size, sandboxes.destroyed]).toEqual([1, []]);
  });

  it('deletes many, and tells for each what became of it', async () => {
    const { ask, server, sessions, sandboxes } = withSession();
    sessions.rows.set('ses_2', sessionSummary({ sessionId: 'ses_2' }));
    sandboxes.rows = [sandboxInfo({ id: 'sb_2', sessionId: 'ses_2' })];
    server.runs = [runInfo()];
    server.become('ready');
    const keys = ['ses_1', 'ses_2', 'ses_3'].map((sessionId) => ({
      tenantId: 'default',
      userId: 'default',
      sessionId,
    }));
    const response = await ask('/console/api/sessions/delete', json('POST', { sessions: keys }));
    expect(await response.json()).toMatchObject({
      results: [
        { sessionId: 'ses_1', ok: false, code: 'session_busy' },
        { sessionId: 'ses_2', ok: true },
        { sessionId: 'ses_3', ok: false, code: 'session_not_found' },
      ],
    });
    expect([[...sessions.rows.keys()], sandboxes.destroyed]).toEqual([['ses_1'], ['sb_2']]);
  });

  it.each([{ sessions: [] }, { sessions: [{ sessionId: 'ses_1' }] }, {}])('refuses to delete %j', async (body) => {
    const { ask, sessions } = withSession();
    expect((await ask('/console/api/sessions/delete', json('POST', body))).status).toBe(400);
    expect(sessions.rows.size).toBe(1);
  });

  it('does not delete a session of another owner, nor its sandbox', async () => {
    const { ask, sessions, sandboxes } = withSession();
    sandboxes.rows = [sandboxInfo()];
    expect((await ask('/console/api/sessions/default/eve/ses_1', { method: 'DELETE' })).status).toBe(404);
    expect([sessions.rows.size, sandboxes.destroyed]).toEqual([1, []]);
  });
});

import { describe, expect, it } from 'vitest';
import { json, makeConsole } from '../fakes.test-support.ts';

const id = 'trm_00000000-0000-0000-0000-000000000000';

describe('the terminal and file routes', () => {
  it.each([
    { cols: 0, rows: 24 },
    { cols: 80, rows: 5000 },
    { cols: 80.5, rows: 24 },
    { rows: 24 },
    { cols: 80, rows: 24, shell: 'x'.repeat(200) },
  ])('refuse a terminal of %j', async (body) => {
    const { ask } = makeConsole();
    expect((await ask('/console/api/sandboxes/sb_1/terminals', json('POST', body))).status).toBe(400);
  });

  it('answer 404 for a sandbox or a terminal that is gone', async () => {
    const { ask } = makeConsole();
    const opened = await ask('/console/api/sandboxes/sb_9/terminals', json('POST', { cols: 80, rows: 24 }));
    expect([opened.status, await opened.json()]).toMatchObject([404, { code: 'sandbox_not_found' }]);
    const typed = await ask(`/console/api/terminals/${id}/input?client=a&seq=1`, { method: 'POST', body: 'ls' });
    expect([typed.status, await typed.json()]).toMatchObject([404, { code: 'terminal_not_found' }]);
    expect((await ask(`/console/api/terminals/${id}`, { method: 'DELETE' })).status).toBe(200);
  });

  it.each(['client=a&seq=0', 'client=a%20b&seq=1', 'client=a', 'client=a&seq=1.5'])(
    'refuse input with %s',
    async (query) => {
      const { ask } = makeConsole();
      expect((await ask(`/console/api/terminals/${id}/input?${query}`, { method: 'POST', body: 'x' })).status).toBe(
        400,
      );
    },
  );

  it('refuse more input at once than a person types or pastes in one piece', async () => {
    const { ask } = makeConsole();
    const body = 'x'.repeat(65_537);
    const init = { method: 'POST', body, headers: { 'Content-Length': String(body.length) } };
    expect((await ask(`/console/api/terminals/${id}/input?client=a&seq=1`, init)).status).toBe(413);
  });

  it('follow only what names terminals and places in them, and say what is gone', async () => {
    const { ask } = makeConsole();
    for (const at of ['nothing', `${id}:-1`, 'trm_1:0']) {
      expect((await ask(`/console/api/terminals/stream?at=${at}`)).status).toBe(400);
    }
    const stream = await ask(`/console/api/terminals/stream?at=${id}:0`);
    const reader = stream.body?.getReader();
    await reader?.read();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toContain('"type":"gone"');
    await reader?.cancel();
  });

  it.each(['..%2Fx', '%2Fetc%2Fpasswd', 'a%00b'])('open no file at %s', async (path) => {
    const { ask } = makeConsole();
    const answer = await ask(`/console/api/workspaces/default/ses_1/file?path=${path}`);
    expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'path_outside_workspace' }]);
  });
});

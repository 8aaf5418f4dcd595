import { describe, expect, it } from 'vitest';
import { json, makeConsole } from '../fakes.test-support.ts';

const form = (bytes: number) => {
  const body = new FormData();
  body.append('file', new Blob([new Uint8Array(bytes)]), 'notes.txt');
  return { method: 'POST', body, headers: { 'X-Agentrail-Console': '1' } };
};

describe('the parts of the agent API that the page uses as they are', () => {
  it('reach the running server with method, query and body, and without the cookie', async () => {
    const { ask, server } = makeConsole();
    server.become('ready');
    server.answer = async () => Response.json({ id: 'guide' }, { status: 201 });
    const made = await ask(
      '/console/api/agent/knowledge?tenantId=acme',
      json('POST', { name: 'Guide' }, { Cookie: 'a=b' }),
    );
    expect([made.status, await made.json()]).toEqual([201, { id: 'guide' }]);
    const [request] = server.requests;
    expect([request?.method, request?.url]).toEqual(['POST', 'http://agent.internal/api/knowledge?tenantId=acme']);
    expect(request?.headers.get('Cookie')).toBeNull();
    expect(await request?.json()).toEqual({ name: 'Guide' });
  });

  it('take files beyond the limit of other bodies, and hand them on as a form', async () => {
    const { ask, server } = makeConsole();
    server.become('ready');
    const sizes: number[] = [];
    server.answer = async (request) => {
      const file = (await request.formData()).get('file');
      sizes.push(file instanceof Blob ? file.size : -1);
      return Response.json({ jobs: [] }, { status: 202 });
    };
    const large = 3 * 1024 * 1024;
    expect((await ask('/console/api/agent/knowledge/guide/documents', form(large))).status).toBe(202);
    expect((await ask('/console/api/agent/skills', form(large))).status).toBe(202);
    expect((await ask('/console/api/chat/form', form(large))).status).toBe(202);
    expect(sizes).toEqual([large, large, large]);
    expect((await ask('/console/api/chat/stream', json('POST', { message: 'x'.repeat(large) }))).status).toBe(413);
  });

  it('get no body with a request that only seems to bring one', async () => {
    const { ask, server } = makeConsole();
    server.become('ready');
    server.answer = async () => new Response(null, { status: 204 });
    const headers = { 'X-Agentrail-Console': '1' };
    const removed = await ask('/console/api/agent/skills/minutes', { method: 'DELETE', headers, body: new Blob([]) });
    expect([removed.status, server.requests[0]?.body]).toEqual([204, null]);
  });

  it.each(['/console/api/agent/chat', '/console/api/agent/knowledge/../chat', '/console/api/agent/knowledges'])(
    'are no others: %s',
    async (path) => {
      const { ask, server } = makeConsole();
      server.become('ready');
      expect((await ask(path, json('POST', {}))).status).toBe(404);
      expect(server.requests).toEqual([]);
    },
  );

  it('say so when the server does not run', async () => {
    const { ask } = makeConsole();
    const answer = await ask('/console/api/agent/skills');
    expect([answer.status, await answer.json()]).toMatchObject([409, { code: 'server_not_running' }]);
  });
});

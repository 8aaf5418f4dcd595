import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import type { ChatAnswer } from '../contract/chat.ts';
import type { HistoryEntry, SessionListing } from '../contract/sessions.ts';
import { send } from './http.ts';
import { createRig, type Rig } from './rig.ts';

const fixture = fileURLToPath(new URL('../sessions/fixtures/agentrail-data', import.meta.url));
const owner = 'tenantId=default&userId=mia';

let rig: Rig;
afterEach(() => rig.close());

test("the program opens Agentrail's own data directory with its older settings, and goes on in it", {
  timeout: 60_000,
}, async () => {
  rig = await createRig({ script: () => ({ blocks: [{ type: 'text', text: '好的。' }] }) });
  await cp(fixture, rig.dataDir, { recursive: true });
  await writeFile(
    path.join(rig.dataDir, 'agentrail.yaml'),
    [
      'apps: {playgroundServer: {port: 0, compaction: {triggerTokens: 90000}}}',
      `llm: {provider: openai, modelId: mock-model, baseUrl: "${rig.upstream.baseUrl}"}`,
    ].join('\n'),
  );
  const { address, output } = await rig.start();
  const { sessions } = (await send<SessionListing>(address, 'GET', `/api/sessions?${owner}`)).body;
  expect(sessions.map(({ sessionId }) => sessionId)).toEqual(['0d7f2c3e-whole', '5b1e-damaged']);
  const at = '/api/sessions/0d7f2c3e-whole';
  const { messages } = (await send<{ messages: HistoryEntry[] }>(address, 'GET', `${at}/messages?${owner}`)).body;
  expect(messages[0]).toMatchObject({ type: 'compaction_marker', archiveId: '0002' });
  const file = await send(address, 'GET', `${at}/workspace/file?path=/workspace/report.md&${owner}`);
  expect(file).toMatchObject({ status: 200, body: { content: '# Report\n' } });
  for (const sessionId of ['0d7f2c3e-whole', '5b1e-damaged']) {
    const body = { message: '继续', tenantId: 'default', userId: 'mia', sessionId };
    const answer = await send<ChatAnswer>(address, 'POST', '/api/chat', body);
    expect(answer).toMatchObject({ status: 200, body: { text: '好的。' } });
  }
  const damaged = await readFile(
    path.join(rig.dataDir, 'tenants/default/sessions/5b1e-damaged/messages.jsonl'),
    'utf8',
  );
  expect(damaged).toContain('好的。');
  expect(output()).not.toContain('"level":"error"');
});

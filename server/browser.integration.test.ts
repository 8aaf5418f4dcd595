import { afterEach, expect, it, vi } from 'vitest';
import { ask, createTestManager, keyOf, readEvents } from './agent/testing/manager.ts';
import { type MockReply, startMockUpstream } from './agent/testing/mock-upstream.ts';
import { browserTools } from './agent/tools/browser/browser-tools.ts';
import { sandboxTools } from './agent/tools/sandbox-tools.ts';
import { createSessionBrowserRoutes } from './http/routes/session-browser.ts';
import { systemClock } from './lib/clock.ts';
import { createBrowsers } from './sandbox/browser/browsers.ts';
import { openRealSandboxes } from './sandbox/real-sandboxes.ts';

const image = 'agentrail-sandbox:browser';
const url = 'file:///workspace/index.html';
const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

const tool = (name: string, args: Record<string, unknown> = {}): MockReply => ({
  blocks: [{ type: 'toolCall', name, args }],
});

async function openAgent(script: MockReply[], imageOfAgent = image) {
  const real = await openRealSandboxes({ image });
  opened.push(real.close);
  const upstream = await startMockUpstream({ script });
  opened.push(upstream.close);
  const browsers = createBrowsers(systemClock);
  const tools = [...sandboxTools(), ...browserTools({ browsers, imageFor: () => imageOfAgent, clock: systemClock })];
  const manager = await createTestManager(upstream, { tools, sandboxes: real.manager });
  opened.push(manager.close);
  return { real, upstream, browsers, manager };
}

it('a run writes a page, opens and looks at it, and its owner can look, too', async () => {
  const { browsers, manager } = await openAgent([
    tool('Write', { file_path: 'index.html', content: '<title>Mine</title><h1>Made here</h1>' }),
    tool('BrowserNavigate', { url }),
    tool('BrowserScreenshot'),
    { blocks: [{ type: 'text', text: 'It looks well.' }] },
  ]);
  const run = await manager.runs.start(ask('Make a page'));
  const events = await readEvents(run);
  const results = events.flatMap((event) => (event.type === 'tool.after' ? [event] : []));
  expect(results.map(({ isError }) => isError)).toEqual([false, false, false]);
  expect(JSON.stringify(results[1])).toContain('Made here');
  const picture = results[2]?.result.content.find((block) => block.type === 'image');
  expect(picture).toMatchObject({ mimeType: 'image/png' });

  const { tenantId, userId, sessionId } = keyOf(run);
  const routes = createSessionBrowserRoutes(manager.sessions, browsers);
  const seen = await routes.request(
    `/api/sessions/${sessionId}/browser/screenshot?tenantId=${tenantId}&userId=${userId}`,
  );
  expect(seen.headers.get('content-type')).toBe('image/png');
  expect(
    Buffer.from(await seen.arrayBuffer())
      .subarray(0, 4)
      .toString('latin1'),
  ).toBe('\x89PNG');
});

it('an abort between two calls ends the browser, too', async () => {
  const { real, browsers, manager } = await openAgent([
    tool('Write', { file_path: 'index.html', content: '<h1>Here</h1>' }),
    tool('BrowserNavigate', { url }),
    tool('Bash', { command: 'echo begun; sleep 60' }),
  ]);
  const run = await manager.runs.start(ask('Look and wait'));
  const { tenantId, sessionId } = keyOf(run);
  const browser = await vi.waitFor(
    () => {
      const found = browsers.find(keyOf(run));
      if (!found) throw new Error('no browser yet');
      return found;
    },
    { timeout: 30_000, interval: 50 },
  );
  const sandbox = await real.manager.acquire({ tenantId, sessionId, agentId: 'default' });
  await vi.waitFor(() => expect(sandbox.info.running.some(({ command }) => command.includes('sleep 60'))).toBe(true), {
    timeout: 30_000,
    interval: 50,
  });
  expect(browser.gone.aborted).toBe(false);
  manager.runs.abort(run.runId, 'the person pressed stop');
  await run.done;
  await vi.waitFor(() => expect(browser.gone.aborted).toBe(true), { timeout: 5000, interval: 20 });
  expect((await sandbox.processes()).filter(({ command }) => command.includes('chromium'))).toEqual([]);
});

it('an agent whose image has no browser is not told of one', async () => {
  const { upstream, manager } = await openAgent(
    [{ blocks: [{ type: 'text', text: 'Hello.' }] }],
    'agentrail-sandbox:bookworm',
  );
  await readEvents(await manager.runs.start(ask('Hello')));
  const told = JSON.stringify(upstream.requests[0]?.body);
  expect(told).toContain('"Bash"');
  expect(told).not.toContain('Browser');
});

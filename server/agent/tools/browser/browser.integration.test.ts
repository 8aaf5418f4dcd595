import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../lib/clock.ts';
import { type Browsers, createBrowsers } from '../../../sandbox/browser/browsers.ts';
import { comesTrue, openRealSandboxes, type RealSandboxes } from '../../../sandbox/real-sandboxes.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import { createToolBench, type ToolBench } from '../tool-bench.ts';
import { browserTools } from './browser-tools.ts';

const image = 'agentrail-sandbox:browser';
const key = { tenantId: 'acme', userId: 'ann', sessionId: 'ses_1' };
const site = {
  'index.html': `<meta charset="utf-8"><title>Shop</title><h1>Lamps</h1>
    <form action="found.html"><input name="q" aria-label="Search">
    <select name="size" aria-label="Size"><option>small<option>large</select><button>Find</button></form>
    <a href="price.csv" download>Prices</a> <a href="found.html?window" target="_blank">Window</a>
    <a href="http://example.com/">Elsewhere</a> <button onclick="alert('Buy now')">Ask</button>
    <button onclick="this.remove()">Vanish</button>`,
  'found.html':
    '<title>Found</title><p id="said"></p><script>said.textContent = "You asked: " + location.search</script>',
  'price.csv': 'lamp,1\n',
};

let real: RealSandboxes;
let browsers: Browsers;
let sandbox: Sandbox;
let bench: ToolBench;
let run: AbortController;

async function call(name: string, input: Record<string, unknown> = {}) {
  return bench.call(name, input, { signal: run.signal });
}

/** The ref of the element that the page calls so. */
async function refOf(name: string): Promise<string> {
  const { text } = await call('BrowserSnapshot');
  const ref = new RegExp(`"${name}" \\[ref=(e\\d+)\\]`).exec(text)?.[1];
  if (ref === undefined) throw new Error(`${name} is not on the page:\n${text}`);
  return ref;
}

async function chromiums(): Promise<number> {
  return (await sandbox.processes()).filter(({ command }) => command.includes('chromium')).length;
}

beforeAll(async () => {
  real = await openRealSandboxes({ image });
  const there = await real.manager.image();
  if (there.state !== 'present') throw new Error(`This suite needs an image. ${there.problem} ${there.fixCommand}`);
  sandbox = await real.manager.acquire(key);
  for (const [name, text] of Object.entries(site)) await sandbox.writeFile(`site/${name}`, Buffer.from(text));
  sandbox.startBackground({ command: { shell: 'python3 -m http.server 8000' }, cwd: 'site' });
  const asks = 'curl -sf http://localhost:8000/ >/dev/null';
  expect(await comesTrue(async () => (await sandbox.exec({ command: { shell: asks } })).exitCode === 0)).toBe(true);
  browsers = createBrowsers(systemClock);
});
afterAll(() => real.close());
beforeEach(() => {
  run = new AbortController();
  const tools = browserTools({ browsers, imageFor: () => image, clock: systemClock });
  bench = createToolBench(tools, (signal) => real.manager.acquire(key, signal));
});

it('opens a page of a server in the sandbox, fills a form by its refs and goes back', async () => {
  const opened = await call('BrowserNavigate', { url: 'http://localhost:8000/' });
  expect(opened.text).toContain('Page: Shop\nAddress: http://localhost:8000/');
  expect(opened.text).toContain('- heading "Lamps"');
  await call('BrowserType', { ref: await refOf('Search'), text: 'old' });
  await call('BrowserType', { ref: await refOf('Search'), text: 'grün & red' });
  await call('BrowserType', { ref: await refOf('Size'), text: 'large' });
  const found = await call('BrowserClick', { ref: await refOf('Find') });
  expect(found.text).toContain('text: You asked: ?q=gr%C3%BCn+%26+red&size=large');
  expect((await call('BrowserBack')).text).toContain('Page: Shop');
  const submitted = await call('BrowserType', { ref: await refOf('Search'), text: 'x', submit: true });
  expect(submitted.text).toContain('You asked: ?q=x');
  await expect(call('BrowserType', { ref: 'e999', text: 'x' })).rejects.toMatchObject({ code: 'browser_ref_unknown' });
});

it('shows a picture of the page, to the model and beside it', async () => {
  await call('BrowserNavigate', { url: 'file:///workspace/site/index.html' });
  const { content } = await call('BrowserScreenshot');
  const picture = content.find((block) => block.type === 'image');
  const bytes = Buffer.from(picture?.type === 'image' ? picture.data : '', 'base64');
  expect(bytes.subarray(1, 4).toString()).toBe('PNG');
  expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([1280, 800]);
  expect((await (await browsers.find(key))?.screenshot())?.width).toBe(1280);
});

it('dismisses dialogs, keeps downloads, stays in one window and works on when an element is gone', async () => {
  await call('BrowserNavigate', { url: 'http://localhost:8000/' });
  expect((await call('BrowserClick', { ref: await refOf('Ask') })).text).toContain(
    'A dialog (alert) was dismissed: "Buy now"',
  );
  const loaded = await call('BrowserClick', { ref: await refOf('Prices') });
  expect(loaded.text).toContain('Downloaded: /workspace/downloads/price.csv');
  expect(Buffer.from(await sandbox.readFile('downloads/price.csv')).toString()).toBe('lamp,1\n');
  const vanishing = await refOf('Vanish');
  const node = await call('BrowserEvaluate', {
    expression: '[...document.querySelectorAll("button")].at(-1).remove()',
  });
  expect(node.text).toBe('undefined');
  await expect(call('BrowserClick', { ref: vanishing })).rejects.toMatchObject({ code: 'browser_ref_unknown' });
  await call('BrowserClick', { ref: await refOf('Window') });
  await expect.poll(async () => (await call('BrowserSnapshot')).text).toContain('You asked: ?window');
});

it('gives values and faults of scripts', async () => {
  await call('BrowserNavigate', { url: 'http://localhost:8000/' });
  expect((await call('BrowserEvaluate', { expression: 'Promise.resolve([document.title, 1])' })).text).toBe(
    '[\n "Shop",\n 1\n]',
  );
  await expect(call('BrowserEvaluate', { expression: 'missing.x' })).rejects.toMatchObject({
    code: 'browser_script_failed',
    message: expect.stringContaining('missing is not defined'),
  });
});

it('reaches nothing outside without a network, and opens nothing but pages of the sandbox', async () => {
  const outside = createServer((_, response) => response.end('host'));
  await new Promise<void>((resolve) => outside.listen(0, '0.0.0.0', resolve));
  const address = outside.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  try {
    for (const url of ['https://example.com/', `http://172.17.0.1:${port}/`, `http://localhost:${port}/`]) {
      await expect(call('BrowserNavigate', { url })).rejects.toMatchObject({ code: 'browser_navigation_failed' });
    }
  } finally {
    outside.close();
  }
  await expect(call('BrowserNavigate', { url: 'file:///etc/passwd' })).rejects.toMatchObject({
    code: 'path_outside_workspace',
  });
  await expect(call('BrowserNavigate', { url: 'chrome://version' })).rejects.toMatchObject({ code: 'scheme_refused' });
});

it('runs as the user of commands, listens nowhere, and is gone with all its children after an abort', async () => {
  await call('BrowserNavigate', { url: 'http://localhost:8000/' });
  const mine = (await sandbox.processes()).filter(({ command }) => command.includes('chromium'));
  expect(mine.length).toBeGreaterThan(3);
  expect(new Set(mine.map(({ uid }) => uid))).toEqual(new Set([1000]));
  const listening = await sandbox.exec({
    command: { shell: 'awk \'$4 == "0A" {print $2}\' /proc/net/tcp /proc/net/tcp6' },
  });
  expect(Buffer.from(listening.stdout).toString().trim()).toMatch(/^0+:1F40$/);
  run.abort();
  expect(await comesTrue(async () => (await chromiums()) === 0, 1000)).toBe(true);
  expect(browsers.find(key)).toBeUndefined();
  run = new AbortController();
  await expect(call('BrowserSnapshot')).rejects.toMatchObject({ code: 'browser_closed' });
});

it('closes on request and opens again, and ends with its sandbox', async () => {
  await call('BrowserNavigate', { url: 'http://localhost:8000/' });
  expect((await call('BrowserClose')).text).toBe('The browser is closed.');
  expect(await chromiums()).toBe(0);
  expect((await call('BrowserClose')).text).toBe('No browser was open.');
  await call('BrowserNavigate', { url: 'file:///workspace/site/found.html' });
  const browser = await browsers.find(key);
  await real.manager.destroy(sandbox.info.id);
  expect(await comesTrue(async () => browser?.gone.aborted === true)).toBe(true);
  await expect(browser?.look()).rejects.toMatchObject({ code: 'browser_closed' });
});

it('tells that the memory of the sandbox was too little', async () => {
  const small = await openRealSandboxes({ image, memory: '256m' });
  try {
    const tools = browserTools({ browsers: createBrowsers(systemClock), imageFor: () => image, clock: systemClock });
    const hungry = createToolBench(tools, (signal) => small.manager.acquire(key, signal));
    const own = await small.manager.acquire(key);
    await own.writeFile('heavy.html', Buffer.from('<title>Heavy</title>'));
    await hungry.call('BrowserNavigate', { url: 'file:///workspace/heavy.html' });
    const eating = 'window.held = []; for (let i = 0; i < 64; i++) held.push(new Uint8Array(16e6).fill(i)); 1';
    await expect(hungry.call('BrowserEvaluate', { expression: eating })).rejects.toMatchObject({
      code: 'browser_out_of_memory',
    });
  } finally {
    await small.close();
  }
});

it('goes out through the list of hosts, as commands do', async () => {
  const listed = await openRealSandboxes({ image, network: 'allow-list', allowHosts: ['listed.example:443'] });
  try {
    const tools = browserTools({ browsers: createBrowsers(systemClock), imageFor: () => image, clock: systemClock });
    const inside = createToolBench(tools, (signal) => listed.manager.acquire(key, signal));
    const refused = await inside.call('BrowserNavigate', { url: 'http://elsewhere.example/' });
    expect(refused.text).toContain('This sandbox may not reach elsewhere.example');
    await expect(inside.call('BrowserNavigate', { url: 'https://elsewhere.example/' })).rejects.toMatchObject({
      code: 'browser_navigation_failed',
      message: expect.stringContaining('TUNNEL'),
    });
  } finally {
    await listed.close();
  }
});

it('says what to do when the image has no browser', async () => {
  const plain = await openRealSandboxes();
  try {
    const tools = browserTools({ browsers: createBrowsers(systemClock), imageFor: () => 'own:1', clock: systemClock });
    const without = createToolBench(tools, (signal) => plain.manager.acquire(key, signal));
    await expect(without.call('BrowserNavigate', { url: 'http://localhost/' })).rejects.toMatchObject({
      code: 'browser_missing',
      message: expect.stringContaining('npm run sandbox:image -- --browser'),
    });
  } finally {
    await plain.close();
  }
});

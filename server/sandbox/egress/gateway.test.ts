import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { configSchema } from '../../contract/config.ts';
import type { Clock } from '../../lib/clock.ts';
import { createFakeAgent, exitZero, type FakeAgent } from '../fixtures/fake-engine.ts';
import { type AgentClient, createAgentClient } from '../wire/agent-client.ts';
import { netWindowBytes } from '../wire/messages.ts';
import { type Gateway, noteRefusals, openGateway } from './gateway.ts';
import { type LogEntry, recordingLogger, testBook } from './real-egress.test-support.ts';
import { maxTunnels } from './tunnels.ts';

/** Time that passes when the test says so. */
function manualClock(): Clock & { advance(ms: number): Promise<void> } {
  let now = 0;
  const sleepers = new Set<{ at: number; wake: () => void }>();
  return {
    now: () => now,
    monotonic: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { at: now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        });
      }),
    async advance(ms) {
      const end = now + ms;
      while (now < end) {
        now = Math.min(end, now + 500);
        for (const sleeper of [...sleepers]) {
          if (sleeper.at <= now) {
            sleepers.delete(sleeper);
            sleeper.wake();
          }
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

interface Inside {
  agent: FakeAgent;
  client: AgentClient;
  gateway: Gateway;
  clock: ReturnType<typeof manualClock>;
  entries: LogEntry[];
  /** Opens a connection as a program inside would, and says something. */
  say(id: number, text?: string): void;
  /** What came back. */
  heard(id: number): string;
  kinds(id: number): unknown[];
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(answer: string | ((path: string) => string | Buffer)): Promise<number> {
  const server = createServer((request, response) => {
    request.resume();
    response.end(typeof answer === 'string' ? answer : answer(request.url ?? ''));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

async function open(change: object = {}, secrets: Record<string, string> = {}): Promise<Inside> {
  const { agent, input } = createFakeAgent(
    ({ op, id }, inside) => {
      if (op === 'listen') inside.send({ ev: 'done', id, result: {} });
    },
    { hasSource: false },
  );
  const client = createAgentClient({ input, output: input });
  const clock = manualClock();
  const entries: LogEntry[] = [];
  const { sandbox } = configSchema.parse({ sandbox: { network: 'allow-list', ...change } });
  const gateway = await openGateway({
    agent: client,
    container: 'box',
    settings: () => sandbox,
    world: {
      secrets: {
        get: (name) => (secrets[name] === undefined ? undefined : { value: secrets[name], origin: 'vault' }),
      },
      book: testBook({ 'allowed.test': () => ['127.0.0.1'] }),
    },
    clock,
    logger: recordingLogger(entries),
  });
  const frames = (id: number) => agent.requests.filter(({ header }) => header.op === 'net' && header.id === id);
  return {
    ...{ agent, client, gateway, clock, entries },
    say(id, text) {
      agent.send({ ev: 'net', id, kind: 'open' });
      if (text !== undefined) agent.send({ ev: 'net', id, kind: 'data' }, Buffer.from(text));
    },
    heard: (id) => Buffer.concat(frames(id).map(({ body }) => body)).toString('latin1'),
    kinds: (id) => frames(id).map(({ header }) => header.kind),
  };
}

const get = (url: string) => `GET ${url} HTTP/1.1\r\nHost: ${new URL(url).host}\r\nConnection: close\r\n\r\n`;

describe('the way out of a sandbox', () => {
  it('is not opened where there is none', async () => {
    const { agent, gateway } = await open({ network: 'none', env: { A: 'b' } });
    expect(agent.requests).toEqual([]);
    expect(gateway.env()).toEqual({ A: 'b' });
  });

  it('leads to what is listed, through the variables that programs know', async () => {
    const port = await serve('hello');
    const inside = await open({ allowHosts: [`allowed.test:${port}`] });
    inside.say(1, get(`http://allowed.test:${port}/`));
    await expect.poll(() => inside.heard(1)).toContain('hello');
    expect(inside.gateway.env()).toMatchObject({
      http_proxy: 'http://127.0.0.1:3128',
      HTTPS_PROXY: 'http://127.0.0.1:3128',
      no_proxy: 'localhost,127.0.0.1,::1',
    });
  });

  it('takes no second request that is hidden in the body of a first', async () => {
    const seen: string[] = [];
    const port = await serve((path) => {
      seen.push(path);
      return 'fine';
    });
    const inside = await open({ allowHosts: [`allowed.test:${port}`] });
    const url = `http://allowed.test:${port}/first`;
    const hidden = 'GET /hidden HTTP/1.1\r\nHost: other.test\r\n\r\n';
    const size = hidden.length.toString(16);
    inside.say(
      1,
      `GET ${url} HTTP/1.1\r\nHost: allowed.test:${port}\r\nTransfer-Encoding: chunked\r\n\r\n${size}\r\n${hidden}\r\n0\r\n\r\n`,
    );
    await expect.poll(() => inside.heard(1)).toContain('fine');
    const both = `POST ${url} HTTP/1.1\r\nHost: allowed.test:${port}\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`;
    inside.say(2, both);
    await expect.poll(() => inside.heard(2)).toMatch(/^HTTP\/1.1 400/);
    expect(seen).toEqual(['/first']);
  });

  it.each([
    ['nonsense', '\u0000\u0001\u0002\r\n\r\n', 400],
    ['a path without a host', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['another scheme', 'GET ftp://allowed.test/ HTTP/1.1\r\nHost: allowed.test\r\n\r\n', 400],
    ['CONNECT without a port', 'CONNECT allowed.test HTTP/1.1\r\nHost: allowed.test\r\n\r\n', 400],
    ['CONNECT to what is not listed', 'CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n', 403],
    ['markup for a host', 'CONNECT <b>:443 HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a head without end', `GET http://allowed.test/ HTTP/1.1\r\nX: ${'x'.repeat(40_000)}`, 400],
  ])('answers %s with a status and a sentence', async (_, request, status) => {
    const inside = await open({ allowHosts: ['allowed.test'] });
    inside.say(1, request);
    await expect.poll(() => inside.heard(1)).toMatch(new RegExp(`^HTTP/1.1 ${status} [A-Z][\\x20-\\x7e]+\r\n`));
    await expect.poll(() => inside.kinds(1)).toContain('end');
  });

  it('sends no more than there is room for, and goes on when there is', async () => {
    const port = await serve(() => Buffer.alloc(3 * netWindowBytes, 'x'));
    const inside = await open({ allowHosts: [`allowed.test:${port}`] });
    inside.say(1, get(`http://allowed.test:${port}/`));
    await expect.poll(() => inside.heard(1).length).toBe(netWindowBytes);
    inside.agent.send({ ev: 'net', id: 1, kind: 'credit', bytes: 1000 });
    await expect.poll(() => inside.heard(1).length).toBe(netWindowBytes + 1000);
  });

  it('ends the sandbox when it sends more than it has room for', async () => {
    const inside = await open({ allowHosts: ['allowed.test'] });
    inside.say(1);
    const piece = Buffer.alloc(65_536, 'x');
    for (let sent = 0; sent <= netWindowBytes; sent += piece.length) {
      inside.agent.send({ ev: 'net', id: 1, kind: 'data' }, piece);
    }
    await expect(inside.client.closed).resolves.toMatchObject({ code: 'sandbox_lost' });
  });

  it('ends the sandbox when it asks on and never reads what it gets', async () => {
    const { input } = createFakeAgent(() => undefined, { hasSource: false });
    Object.defineProperty(input, 'writableLength', { get: () => 300_000_000 });
    const client = createAgentClient({ input, output: input });
    client.net.send({ id: 1, kind: 'close' });
    await expect(client.closed).resolves.toMatchObject({ code: 'sandbox_lost' });
  });

  it('serves a bounded number of connections, each only as long as it says what it wants', async () => {
    const port = await serve('hello');
    const inside = await open({ allowHosts: [`allowed.test:${port}`] });
    for (let id = 1; id <= maxTunnels + 10; id += 1) inside.say(id, id % 2 === 0 ? 'GET http://al' : undefined);
    await expect.poll(() => inside.kinds(maxTunnels + 10)).toEqual(['close']);
    expect(inside.kinds(maxTunnels)).toEqual([]);
    await inside.clock.advance(20_000);
    for (const id of [1, 2, maxTunnels]) expect(inside.kinds(id)).toEqual(['close']);
    inside.say(1000, get(`http://allowed.test:${port}/`));
    await expect.poll(() => inside.heard(1000)).toContain('hello');
  });

  it('asks outside for one thing at a time on each connection, however many are asked for at once', async () => {
    let asked = 0;
    const server = createServer(() => {
      asked += 1;
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
    const { port } = server.address() as AddressInfo;
    const inside = await open({ allowHosts: [`allowed.test:${port}`] });
    const url = `http://allowed.test:${port}/`;
    inside.say(1, `GET ${url} HTTP/1.1\r\nHost: allowed.test:${port}\r\n\r\n`.repeat(200));
    await expect.poll(() => inside.kinds(1)).toContain('close');
    inside.say(2, get(url));
    await expect.poll(() => asked).toBeGreaterThan(0);
    expect(asked).toBeLessThanOrEqual(2);
  });

  it('answers a hello for another host in words that a TLS client knows', async () => {
    const port = await serve('hello');
    const inside = await open({ allowHosts: [`allowed.test:${port}`] });
    inside.say(1, `CONNECT allowed.test:${port} HTTP/1.1\r\nHost: allowed.test:${port}\r\n\r\n`);
    await expect.poll(() => inside.heard(1)).toBe('HTTP/1.1 200 Connection established\r\n\r\n');
    const name = Buffer.from('other.test');
    const extension = Buffer.from([0, 0, 0, name.length + 5, 0, name.length + 3, 0, 0, name.length, ...name]);
    const body = Buffer.from([3, 3, ...Buffer.alloc(32), 0, 0, 2, 19, 1, 1, 0, 0, extension.length, ...extension]);
    const hello = Buffer.from([22, 3, 1, 0, body.length + 4, 1, 0, 0, body.length, ...body]);
    inside.agent.send({ ev: 'net', id: 1, kind: 'data' }, hello.subarray(0, 20));
    inside.agent.send({ ev: 'net', id: 1, kind: 'data' }, hello.subarray(20));
    await expect.poll(() => inside.heard(1)).toContain('\u0015\u0003\u0003\u0000\u0002\u0002p');
    await expect.poll(() => inside.kinds(1)).toContain('end');
    expect(inside.entries.at(-1)?.fields).toMatchObject({ verdict: 'refused', code: 'sni_mismatch' });
  });

  it('ends a connection over which nothing comes or goes', async () => {
    const port = await serve('hello');
    const inside = await open({ allowHosts: [`allowed.test:${port}`] });
    const url = `http://allowed.test:${port}/`;
    inside.say(1, `GET ${url} HTTP/1.1\r\nHost: allowed.test:${port}\r\n\r\n`);
    await expect.poll(() => inside.heard(1)).toContain('hello');
    await inside.clock.advance(60_000);
    expect(inside.kinds(1)).not.toContain('close');
    await inside.clock.advance(70_000);
    expect(inside.kinds(1)).toContain('close');
  });

  it('tells the agent what was refused, once', async () => {
    const inside = await open({ allowHosts: ['allowed.test'] });
    inside.say(1, get('http://evil.test/'));
    await expect.poll(() => inside.heard(1)).toContain('403');
    const result = {
      ...exitZero,
      exitCode: 0,
      truncatedBytes: 0,
      stdout: Buffer.alloc(0),
      stderr: Buffer.from('curl\n'),
    };
    const heard: string[] = [];
    const ended = noteRefusals(inside.gateway, { ...result, endedBy: 'exit' }, (_, chunk) => {
      heard.push(Buffer.from(chunk).toString());
    });
    expect(Buffer.from(ended.stderr).toString()).toMatch(
      /^curl\n\[sandbox network\] This sandbox may not reach evil\.test/,
    );
    expect(heard).toHaveLength(1);
    expect(inside.gateway.takeNotes()).toEqual([]);
  });

  it('logs a flood of refusals by its number', async () => {
    const inside = await open({ allowHosts: ['allowed.test'] });
    for (let id = 1; id <= 60; id += 1)
      inside.say(id, `${get('http://evil.test/').replace('Connection: close\r\n', '')}`.repeat(4));
    await expect.poll(() => inside.heard(60)).toContain('403');
    await inside.clock.advance(11_000);
    inside.say(61, get('http://evil.test/'));
    await expect.poll(() => inside.heard(61)).toContain('403');
    const refused = inside.entries.filter(({ fields }) => fields.verdict === 'refused');
    expect(refused.length).toBeLessThanOrEqual(101);
    expect(refused[0]).toMatchObject({
      level: 'warn',
      fields: { component: 'sandbox-egress', code: 'host_not_allowed', container: 'box' },
    });
  });
});

describe('secrets', () => {
  const settings = { network: 'none', secretProxy: ['OPENAI_API_KEY'], grantSecrets: ['GIVEN', 'UNKNOWN'] };
  const secrets = { OPENAI_API_KEY: 'sk-real-real-real', GIVEN: 'given-value', KEPT: 'kept-value' };

  it('are given to commands by name only; keys stay outside, a placeholder stands for them', async () => {
    const { gateway, agent } = await open(settings, secrets);
    const env = gateway.env();
    expect(Object.keys(env).sort()).toEqual(['GIVEN', 'OPENAI_API_BASE', 'OPENAI_API_KEY', 'OPENAI_BASE_URL']);
    expect(env).toMatchObject({ GIVEN: 'given-value', OPENAI_BASE_URL: 'http://127.0.0.1:3128/agentrail/openai/v1' });
    expect(env.OPENAI_API_KEY).toMatch(/^agentrail-placeholder-/);
    expect(JSON.stringify([env, agent.requests])).not.toMatch(/sk-real|kept-value/);
  });

  it('prefer the placeholder where a key is both given and used through the server', async () => {
    const { gateway } = await open({ ...settings, grantSecrets: ['OPENAI_API_KEY'] }, secrets);
    expect(gateway.env().OPENAI_API_KEY).toMatch(/^agentrail-placeholder-/);
  });

  it('open no network beside their owners', async () => {
    const inside = await open({ ...settings, allowHosts: ['allowed.test'] }, secrets);
    inside.say(1, get('http://allowed.test/'));
    await expect.poll(() => inside.heard(1)).toContain('This sandbox has no network');
    inside.say(2, get('http://127.0.0.1:3128/agentrail/openai/v1/models'));
    await expect.poll(() => inside.heard(2)).toContain('403');
  });
});

import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ExecResult, Sandbox } from '../sandbox.ts';
import {
  type LogEntry,
  makeCertificate,
  openRealEgress,
  openServer,
  type RealEgress,
  recordingLogger,
  type TestServer,
  testBook,
} from './real-egress.test-support.ts';

const run = promisify(execFile);
const entries: LogEntry[] = [];
const large = randomBytes(8 * 1024 * 1024);
let repository = '';
let plain: TestServer;
let secure: TestServer;
let real: RealEgress;
let sandbox: Sandbox;
let book: ReturnType<typeof testBook>;
let rebound: string[] = [];

beforeAll(async () => {
  repository = await makeRepository();
  const tls = await makeCertificate(['allowed.test', 'fronted.test', 'sub.wild.test']);
  const respond = async (
    request: import('node:http').IncomingMessage,
    response: import('node:http').ServerResponse,
    body: string,
  ) => {
    if (request.url === '/large') response.end(large);
    else if (request.url === '/digest') response.end(createHash('sha256').update(body, 'latin1').digest('hex'));
    else if (request.url?.startsWith('/repo.git/')) {
      const path = join(repository, normalize(request.url.replace(/\?.*/, '')));
      const found = await readFile(path).catch(() => undefined);
      response.writeHead(found ? 200 : 404).end(found);
    } else response.end('hello from outside');
  };
  plain = await openServer(undefined, (...call) => void respond(...call));
  secure = await openServer(tls, (...call) => void respond(...call));
  book = testBook({
    'allowed.test': () => ['127.0.0.1'],
    'sub.wild.test': () => ['127.0.0.1'],
    'private.test': () => ['10.1.2.3'],
    'mixed.test': () => ['127.0.0.1', '169.254.169.254'],
    'rebind.test': () => [rebound.shift() ?? '169.254.169.254'],
    'xn--bcher-kva.test': () => ['127.0.0.1'],
  });
  const ports = [plain.port, secure.port];
  const names = [
    'allowed.test',
    '*.wild.test',
    'private.test',
    'mixed.test',
    'rebind.test',
    'bücher.test',
    'gone.test',
  ];
  real = await openRealEgress(
    { network: 'allow-list', allowHosts: names.flatMap((name) => ports.map((port) => `${name}:${port}`)) },
    { world: { secrets: { get: () => undefined }, book }, logger: recordingLogger(entries) },
  );
  sandbox = await real.manager.acquire({ tenantId: 'acme', sessionId: 'ses_allow_list' });
  await sandbox.writeFile('ca.pem', Buffer.from(tls.cert));
});
afterAll(async () => {
  await real?.close();
  await Promise.all([plain?.close(), secure?.close()]);
  await rm(repository, { recursive: true, force: true });
});
beforeEach(() => {
  entries.length = 0;
  plain.seen.length = 0;
  secure.seen.length = 0;
});

async function makeRepository(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'egress-git-'));
  const git = (...args: string[]) =>
    run('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: folder });
  await git('init', '-q', 'work');
  await git('-C', 'work', 'commit', '-q', '--allow-empty', '-m', 'A commit from outside');
  await git('clone', '-q', '--bare', 'work', 'repo.git');
  await git('-C', 'repo.git', 'update-server-info');
  return folder;
}

const shell = (line: string) => sandbox.exec({ command: { shell: line }, timeoutMs: 60_000 });
const text = ({ stdout, stderr }: ExecResult) => Buffer.concat([stdout, stderr]).toString('utf8');
const decisions = () =>
  entries.filter(({ fields }) => fields.component === 'sandbox-egress').map(({ fields }) => fields);

describe('a host that is on the list', () => {
  it('is reached by http', async () => {
    const { stdout, exitCode } = await shell(`curl -sS http://allowed.test:${plain.port}/x?y=1`);
    expect([stdout.toString(), exitCode]).toEqual(['hello from outside', 0]);
    expect(plain.seen).toMatchObject([{ url: '/x?y=1', headers: { host: `allowed.test:${plain.port}` } }]);
    expect(plain.seen[0]?.headers).not.toHaveProperty('proxy-connection');
    expect(decisions()).toMatchObject([
      {
        verdict: 'allowed',
        method: 'GET',
        host: 'allowed.test',
        port: plain.port,
        address: '127.0.0.1',
        sessionId: 'ses_allow_list',
      },
    ]);
  });

  it('is reached by https, with a certificate that the program itself checks', async () => {
    const url = `https://allowed.test:${secure.port}/`;
    expect(text(await shell(`curl -sS --cacert ca.pem ${url}`))).toBe('hello from outside');
    expect((await shell(`curl -sS ${url}`)).exitCode).toBe(60);
    expect(decisions()).toMatchObject([{ verdict: 'allowed', method: 'CONNECT', host: 'allowed.test' }, {}]);
  });

  it('is reached below a wildcard, and under a name in other letters', async () => {
    expect(text(await shell(`curl -sS --cacert ca.pem https://sub.wild.test:${secure.port}/`))).toBe(
      'hello from outside',
    );
    expect(text(await shell(`curl -sS http://xn--bcher-kva.test:${plain.port}/`))).toBe('hello from outside');
  });

  it('is reached by git and by Python', async () => {
    const url = `http://allowed.test:${plain.port}`;
    expect(text(await shell(`git clone -q ${url}/repo.git clone && git -C clone log --format=%s`))).toContain(
      'A commit from outside',
    );
    const script = `import urllib.request; print(urllib.request.urlopen("${url}/").read().decode())`;
    expect(text(await sandbox.exec({ command: ['python3', '-c', script] }))).toBe('hello from outside\n');
  });

  it('gets and gives more than any window holds, several at once, byte for byte', async () => {
    const digest = createHash('sha256').update(large).digest('hex');
    const one = `curl -sS --cacert ca.pem https://allowed.test:${secure.port}/large | sha256sum`;
    const all = await shell(`for i in 1 2 3; do (${one}) & done; wait`);
    expect(text(all).match(new RegExp(digest, 'g'))).toHaveLength(3);
    const upload = `curl -sS http://allowed.test:${plain.port}/large -o large && curl -sS --data-binary @large`;
    expect(text(await shell(`${upload} http://allowed.test:${plain.port}/digest; rm large`))).toBe(digest);
    const chunked = `head -c 3000000 /dev/zero | curl -sS -X GET -H "Transfer-Encoding: chunked" --data-binary @-`;
    expect(text(await shell(`${chunked} http://allowed.test:${plain.port}/digest`))).toBe(
      createHash('sha256').update(Buffer.alloc(3_000_000)).digest('hex'),
    );
  });
});

describe('what is not on the list', () => {
  it.each([
    ['a host', () => `http://other.test:${plain.port}/`, 'host_not_allowed', 'This sandbox may not reach other.test.'],
    ['a port', () => 'http://allowed.test:1/', 'port_not_allowed', 'but not on port 1'],
    ['an address', () => 'http://8.8.8.8/', 'address_not_allowed', 'The address 8.8.8.8 is not on'],
    [
      'this machine',
      () => `--noproxy "" http://127.0.0.1:${plain.port}/`,
      'address_not_allowed',
      '127.0.0.1 is not on',
    ],
    ['an address in other spelling', () => 'http://0x08080808/', 'address_not_allowed', '8.8.8.8 is not on'],
    [
      'a name that leads inside',
      () => `http://private.test:${plain.port}/`,
      'address_private',
      '10.1.2.3, which is not',
    ],
    ['a name that also leads inside', () => `http://mixed.test:${plain.port}/`, 'address_private', '169.254.169.254'],
    ['a name that nobody knows', () => `http://gone.test:${plain.port}/`, 'host_unknown', 'no host called gone.test'],
  ])('%s is refused with a sentence that says why', async (_, url, code, sentence) => {
    const { stdout, stderr } = await shell(`curl -sS -i ${url()}`);
    expect(stdout.toString()).toMatch(/^HTTP\/1.1 (403|502) /);
    expect(stdout.toString()).toContain(`x-agentrail-refused: ${code}`);
    expect(stdout.toString()).toContain(sentence);
    expect(stderr.toString()).toContain(`[sandbox network] `);
    expect(decisions()).toMatchObject([{ verdict: 'refused', code }]);
    expect(plain.seen).toEqual([]);
  });

  it('is refused by https, and the sentence is in the output though curl shows none', async () => {
    const { stderr, exitCode } = await shell('curl -sS https://other.test/');
    expect(exitCode).toBe(56);
    expect(stderr.toString()).toContain('[sandbox network] This sandbox may not reach other.test.');
    const { stderr: next } = await shell('true');
    expect(next.toString()).toBe('');
  });

  it('stays out when a name leads elsewhere the second time', async () => {
    rebound = ['127.0.0.1', '169.254.169.254'];
    const url = `http://rebind.test:${plain.port}/`;
    expect(text(await shell(`curl -sS ${url}`))).toBe('hello from outside');
    expect(book.asked.filter((name) => name === 'rebind.test')).toHaveLength(1);
    expect(text(await shell(`curl -sS ${url}`))).toContain('169.254.169.254, which is not on the public internet');
    expect(plain.seen).toHaveLength(1);
  });

  it('stays out behind the name of one that is', async () => {
    const front = `curl -sS -k --connect-to fronted.test:443:allowed.test:${secure.port} https://fronted.test/`;
    expect((await shell(front)).exitCode).toBe(35);
    expect(decisions()).toMatchObject([{ verdict: 'refused', code: 'sni_mismatch', host: 'allowed.test' }]);
    const host = `curl -sS -H "Host: other.test" http://allowed.test:${plain.port}/`;
    expect(text(await shell(host))).toContain('The Host header is not allowed.test');
    expect([...secure.seen, ...plain.seen]).toEqual([]);
  });

  it('stays out when the list is shortened while the sandbox runs', async () => {
    const { allowHosts } = real.config;
    real.config.allowHosts = [];
    expect(text(await shell(`curl -sS http://allowed.test:${plain.port}/`))).toContain('may not reach allowed.test');
    real.config.allowHosts = allowHosts;
    expect(text(await shell(`curl -sS http://allowed.test:${plain.port}/`))).toBe('hello from outside');
  });
});

describe('a sandbox that waited in the pool', () => {
  it('has the same way out as one that was made for its session', async () => {
    const { allowHosts } = real.config;
    const world = { secrets: { get: () => undefined }, book };
    const pooled = await openRealEgress({ network: 'allow-list', allowHosts, warmPool: 1 }, { world });
    pooled.manager.keepWarm(true);
    const waiting = () => pooled.manager.list().find(({ isPooled, state }) => isPooled && state === 'ready');
    await expect.poll(waiting, { timeout: 20_000 }).toBeDefined();
    const { containerId } = waiting() ?? {};
    const claimed = await pooled.manager.acquire({ tenantId: 'acme', sessionId: 'ses_pooled' });
    expect(claimed.info.containerId).toBe(containerId);
    const { stdout } = await claimed.exec({ command: { shell: `curl -sS http://allowed.test:${plain.port}/` } });
    expect(Buffer.from(stdout).toString()).toBe('hello from outside');
    await pooled.close();
  });
});

describe('past the proxy', () => {
  it('there is no route, no resolver and no raw socket', async () => {
    const script = [
      'import socket',
      'def attempt(name, action):',
      '    try: action(); print(name, "WORKED")',
      '    except OSError as fault: print(name, type(fault).__name__, fault.errno)',
      'udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)',
      'attempt("udp", lambda: udp.sendto(b"x", ("8.8.8.8", 53)))',
      'attempt("tcp", lambda: socket.create_connection(("1.1.1.1", 443), 2))',
      'attempt("metadata", lambda: socket.create_connection(("169.254.169.254", 80), 2))',
      'attempt("v6", lambda: socket.create_connection(("2606:4700::1111", 443), 2))',
      'attempt("dns", lambda: socket.getaddrinfo("allowed.test", 80))',
      'attempt("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))',
      'attempt("packet", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))',
    ].join('\n');
    const output = text(await sandbox.exec({ command: ['python3', '-c', script] }));
    expect(output).not.toContain('WORKED');
    expect(output.trim().split('\n')).toHaveLength(7);
  });

  it('leads nothing either when a program drops the variables', async () => {
    const bare = `env -i PATH="$PATH" curl -sS -m 3`;
    expect((await shell(`${bare} http://allowed.test:${plain.port}/`)).exitCode).toBe(6);
    expect((await shell(`${bare} http://127.0.0.1:${plain.port}/`)).exitCode).toBe(7);
    expect(plain.seen).toEqual([]);
    expect(text(await shell('ls /sys/class/net; wc -l < /proc/net/route'))).toBe('lo\n1\n');
  });
});

describe('a flood', () => {
  it('of connections that say nothing holds a bounded number, and others get through when it ends', async () => {
    const flood = [
      'import socket, sys, time',
      'held = []',
      'for n in range(400):',
      '    s = socket.socket(); s.settimeout(0.01)',
      '    try: s.connect(("127.0.0.1", 3128)); held.append(s)',
      '    except OSError: s.close()',
      'print(len(held), flush=True)',
    ].join('\n');
    const { stdout } = await sandbox.exec({ command: ['python3', '-c', flood] });
    // 64 that are served, and as many in the kernel's queue.
    expect(Number(stdout.toString())).toBeGreaterThan(63);
    expect(Number(stdout.toString())).toBeLessThan(160);
    expect(text(await shell(`curl -sS -m 20 http://allowed.test:${plain.port}/`))).toBe('hello from outside');
  });

  it('of refusals does not fill the log', async () => {
    const loop = 'for i in $(seq 8); do curl -s -o /dev/null $(printf "http://other.test/%s " $(seq 15)); done';
    const startedAt = performance.now();
    await shell(loop);
    // The bound is one of ten seconds, and a busy machine takes longer.
    const windows = 1 + Math.floor((performance.now() - startedAt) / 10_000);
    expect(decisions().length).toBeLessThan(100 * windows + 3);
  });
});

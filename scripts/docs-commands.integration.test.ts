import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, test } from 'vitest';
import { createProgram } from '../server/cli/program.ts';
import { endWithUsage, everyCommand } from '../server/cli/usage.ts';

/**
 * Every block of commands in README.md, CONTRIBUTING.md and docs/: "```sh" is executed beside a running server, "```sh runs"
 * is understood at least, because it never ends or needs what is not here, and a comment "not run: why" leaves one out.
 * Two pages have tests of their own.
 */
const root = join(import.meta.dirname, '..');
const main = join(root, 'server/cli/main.ts');
const pagesWithTests = new Map([
  ['docs/deploy.md', ['scripts/deploy.integration.test.ts', 'scripts/package.integration.test.ts']],
  ['docs/command-line.md', ['server/cli/command-line-doc.integration.test.ts']],
]);

interface Block {
  page: string;
  kind: string;
  /** Why it is not run. */
  reason: string | undefined;
  body: string;
}

function blocksOf(page: string, text: string): Block[] {
  const pattern = /(?:^[ ]*<!-- not run: ([^\n]+) -->\n)?^([ ]*)```sh ?(\w*)\n(.*?)^\2```$/gms;
  return Array.from(text.matchAll(pattern), ([, reason, indent = '', kind = '', body = '']) => {
    const lines = body.split('\n').map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
    return { page, kind, reason, body: lines.join('\n') };
  });
}

const pages = ['README.md', 'CONTRIBUTING.md', ...(await readdir(join(root, 'docs'))).map((name) => `docs/${name}`)];
const all: Block[] = [];
for (const page of pages.filter((name) => name.endsWith('.md')))
  all.push(...blocksOf(page, await readFile(join(root, page), 'utf8')));
const own = all.filter(({ page }) => !pagesWithTests.has(page));

test('every block is run, understood or left out with a reason', async () => {
  for (const { page, kind, reason } of own) {
    expect(['', 'runs'], page).toContain(kind);
    if (reason !== undefined) expect([page, reason.split(' ').length > 3]).toEqual([page, true]);
  }
  for (const { page, kind, reason } of all) {
    const tests = pagesWithTests.get(page) ?? [];
    if (tests.length === 0 || kind === '' || reason !== undefined) continue;
    const texts = await Promise.all(tests.map((test) => readFile(join(root, test), 'utf8')));
    expect([page, kind, texts.some((text) => text.includes(`'${kind}'`))]).toEqual([page, kind, true]);
  }
  // Other words for the same would be passed over in silence.
  for (const page of pages.filter((name) => name.endsWith('.md')))
    expect([page, await readFile(join(root, page), 'utf8')]).toEqual([
      page,
      expect.not.stringMatching(/^ *```(?:bash|shell|console|zsh)/m),
    ]);
});

test('a block is found with its reason, kind and indentation', () => {
  const text = '<!-- not run: it ends the world -->\n```sh\na\n```\n\n   ```sh runs\n   b\n   ```\n```js\nc\n```\n';
  expect(blocksOf('x.md', text)).toEqual([
    { page: 'x.md', kind: '', reason: 'it ends the world', body: 'a\n' },
    { page: 'x.md', kind: 'runs', reason: undefined, body: 'b\n' },
  ]);
});

const understood = own.filter(({ kind, reason }) => kind === 'runs' && reason === undefined);

it.each(understood)('$page: commands are understood', async ({ body }) => {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { scripts: object };
  for (const line of body.split('\n').map((each) => each.replace(/ +# .*/, ''))) {
    const [program = '', ...args] = line.replace(/^npx agentrail/, 'agentrail').split(' ');
    if (program === '') continue;
    if (program === 'npm') {
      const script = args[0] === 'run' ? args[1] : args[0];
      expect([line, script === 'ci' || Object.hasOwn(scripts, script ?? '')]).toEqual([line, true]);
    } else await parse(line, program, args);
  }
});

async function parse(line: string, program: string, args: string[]): Promise<void> {
  expect([line, program]).toEqual([line, 'agentrail']);
  const commands = createProgram();
  let isFound = false;
  for (const command of everyCommand(commands)) {
    command.action(() => {
      isFound = true;
    });
  }
  endWithUsage(commands, (code) => {
    throw new Error(`${line}: exit ${code}`);
  });
  await commands.parseAsync(args, { from: 'user' });
  expect([line, isFound]).toEqual([line, true]);
}

let home: string;
let server: ChildProcess;
let address = '';

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'agentrail-docs-'));
  await mkdir(join(home, 'data'), { mode: 0o700 });
  await copyFile(join(root, 'server/documents/fixtures/report.pdf'), join(home, 'leave.pdf'));
  await writeFile(join(home, 'travel.md'), '# Travel\n\nBook by train.\n');
  const shim = `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`;
  await mkdir(join(home, 'bin'));
  await writeFile(join(home, 'bin/agentrail'), shim, { mode: 0o755 });
  server = spawn(process.execPath, [main, 'serve', '--port', '0'], { cwd: home, env: environment() });
  const { stdout } = server;
  if (!stdout) throw new Error('The server says nothing.');
  let said = '';
  stdout.on('data', (chunk: Buffer) => (said += chunk));
  while (!/^Server: {2}http/m.test(said)) {
    const [event] = await Promise.race([once(stdout, 'data'), once(server, 'exit').then(() => [])]);
    if (event === undefined) throw new Error(`The server ended:\n${said}`);
  }
  address = /^Server: {2}(http:[\w:/.]+)/m.exec(said)?.[1] ?? '';
}, 60_000);

afterAll(async () => {
  const gone = once(server, 'exit');
  server.kill('SIGTERM');
  await gone;
  await rm(home, { recursive: true, force: true });
});

function environment(): Record<string, string> {
  return {
    PATH: `${join(home, 'bin')}:${dirname(process.execPath)}:/usr/bin:/bin`,
    HOME: home,
    AGENTRAIL_DATA_DIR: join(home, 'data'),
    DOCKER_HOST: 'unix:///nowhere/docker.sock',
    MY_KEY: 'tvly-0123456789abcdef',
    NODE_COMPILE_CACHE: join(root, '.cache/test/compiled'),
  };
}

const executed = own.filter(({ kind, reason }) => kind === '' && reason === undefined);

it.each(executed)('$page: commands do what they say', { timeout: 60_000 }, async ({ body }) => {
  const script = `set -eo pipefail\n${body.replaceAll('http://127.0.0.1:3000', address)}`;
  const { stdout } = await promisify(execFile)('/bin/bash', ['-c', script], { cwd: home, env: environment() });
  // What curl shows of a refusal, which is a success to it without --fail.
  expect(stdout).not.toMatch(/"error":"[^"]*","code":"/);
});

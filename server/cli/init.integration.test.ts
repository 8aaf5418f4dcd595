import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

/** A new project as people make and start it: the command line, its own processes. */
let folder: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'agentrail-init-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
});

function agentrail(...args: string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let output = '';
  const grown = () => Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
  return {
    child,
    ended: once(child, 'close').then(([code]) => ({ code: code as number | null, output })),
    async until(pattern: RegExp): Promise<string> {
      for (;;) {
        const found = pattern.exec(output)?.[1];
        if (found !== undefined) return found;
        if (child.exitCode !== null) throw new Error(`it ended before it said ${pattern}:\n${output}`);
        await grown();
      }
    },
  };
}

const serve = () => agentrail('serve', '--config', 'agentrail.yaml', '--data-dir', '.agentrail', '--port', '0');
const address = /Server: {2}(http:\/\/127\.0\.0\.1:\d+)/;

test('a new project starts as it is: its agent and skill are listed, its plugin answers', async () => {
  expect(await agentrail('init').ended).toMatchObject({
    code: 0,
    output: expect.stringContaining('written  agentrail.yaml'),
  });
  const again = await agentrail('init').ended;
  expect(again.code).toBe(0);
  await writeFile(join(folder, 'README.md'), 'mine');
  expect(await agentrail('init').ended).toMatchObject({ code: 1, output: expect.stringContaining('  README.md') });

  const server = serve();
  const base = await server.until(address);
  const read = async (path: string, body?: object) => {
    const post = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
    return (await fetch(`${base}${path}`, body && post)).json();
  };
  const { agents } = (await read('/api/agents')) as { agents: { id: string; name: string }[] };
  expect(agents).toContainEqual(expect.objectContaining({ id: 'assistant', name: 'Project assistant' }));
  const listed = (await read('/api/skills')) as { skills: object[]; broken: object[] };
  expect(listed).toMatchObject({ skills: [{ name: 'meeting-notes', enabled: true, files: 2 }], broken: [] });
  expect(await read('/api/chat', { agentId: 'assistant', message: '/hours' })).toMatchObject({
    text: 'We are here from nine to five.',
  });
  expect((await read('/ready')) as object).toMatchObject({ status: 'ready' });
  server.child.kill('SIGTERM');
  expect((await server.ended).code).toBe(0);

  await rm(join(folder, 'plugins/office-hours.ts'));
  const refused = await serve().ended;
  expect(refused.code).toBe(1);
  expect(refused.output).toContain('does not start without the plugin');
});

test('the memory of a user is shown and cleared from the command line, and a rebuild without a model says so', async () => {
  await agentrail('init').ended;
  const memory = (...args: string[]) =>
    agentrail('memory', ...args, '--data-dir', '.agentrail', '--config', 'agentrail.yaml').ended;
  expect(await memory('show', 'default/anna')).toEqual({ code: 0, output: 'Nothing is remembered.\n' });
  expect(await memory('clear', 'default/anna', '--json')).toMatchObject({
    code: 0,
    output: expect.stringContaining('"text":""'),
  });
  expect(await memory('rebuild', 'default/anna')).toEqual({ code: 0, output: 'There is nothing to remember.\n' });
});

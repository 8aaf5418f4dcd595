import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { openRealSandboxes, type RealSandboxes } from '../../sandbox/real-sandboxes.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { createFileSessionStore } from '../../sessions/file-store.ts';
import { createKeyedQueue } from '../../sessions/keyed-queue.ts';
import type { AgentrailSessionStore } from '../../sessions/store.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { createNoteTool } from '../tools/note.ts';
import type { ToolContext } from '../tools/tool.ts';
import { createSessionMemo, type SessionMemo } from './session-memo.ts';

/** The session's documents in a sandbox of a real engine, with a real store. */
const key = { tenantId: 'acme', userId: 'anna', sessionId: 'ses_memo' };
let dataDir: string;
let real: RealSandboxes;
let store: AgentrailSessionStore;
let memo: SessionMemo;
const queue = createKeyedQueue();
let logged: string[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'memo-'));
  real = await openRealSandboxes({}, { dataDir });
  store = createFileSessionStore({ dataDir, logger: silentLogger, clock: systemClock });
  await store.getOrCreate(key, { agentId: 'default', title: 'x' });
  logged = [];
  memo = createSessionMemo({
    store,
    queue,
    redact: (text) => text.replaceAll('sk-stored-secret', '[redacted KEY]'),
    logger: { ...silentLogger, warn: (message) => logged.push(message) },
  });
});
afterEach(async () => {
  await real.close();
  await store.close();
  await rm(dataDir, { recursive: true, force: true });
});

const open = async (): Promise<Sandbox> => memo.bring(key, await real.manager.acquire(key));
const notes = () => store.readMemory(key, 'NOTES.md');
const note = (text: string) =>
  createNoteTool(store, queue).execute({ text, mode: 'append' }, { ...key } as ToolContext);

async function run(sandbox: Sandbox, line: string): Promise<string> {
  const { stdout, stderr } = await sandbox.exec({ command: { shell: line } });
  return Buffer.concat([stdout, stderr]).toString();
}

describe('the notes of a session', () => {
  it('are files in its sandbox, and what a command writes there is kept', async () => {
    await store.writeMemory(key, 'NOTES.md', 'Known before.\n');
    await store.writeMemory(key, 'TODO.md', '# Todo\n\n- [ ] Test\n');
    const sandbox = await open();
    expect(await run(sandbox, 'cat /memo/NOTES.md /memo/TODO.md')).toBe('Known before.\n# Todo\n\n- [ ] Test\n');
    await run(sandbox, 'echo "Found inside." >> /memo/NOTES.md; sed -i "s/\\[ \\]/[x]/" /memo/TODO.md');
    expect(await notes()).toBe('Known before.\nFound inside.\n');
    expect(await store.readMemory(key, 'TODO.md')).toContain('- [x] Test');
    await sandbox.writeFile('/memo/NOTES.md', Buffer.from('Written anew.\n'));
    expect(await notes()).toBe('Written anew.\n');
  });

  it('that the agent notes meanwhile are there for the next command, and neither loses the other', async () => {
    const sandbox = await open();
    await note('One.');
    expect(await run(await open(), 'cat /memo/NOTES.md')).toBe('One.\n');
    await Promise.all([run(sandbox, 'echo Inside. >> /memo/NOTES.md; sleep 0.1'), note('Two.'), note('Three.')]);
    for (const line of ['One.', 'Inside.', 'Two.', 'Three.']) expect(await notes()).toContain(line);
    expect(await run(await open(), 'cat /memo/NOTES.md')).toBe(await notes());
  });

  it('come back with the next sandbox, also when they were deleted inside', async () => {
    await note('Kept.');
    const sandbox = await open();
    await run(sandbox, 'rm -f /memo/*');
    expect(await run(await open(), 'cat /memo/NOTES.md')).toBe('Kept.\n');
    await real.manager.destroy(sandbox.info.id);
    expect(await run(await open(), 'cat /memo/NOTES.md')).toBe('Kept.\n');
    expect(await notes()).toBe('Kept.\n');
  });

  it('hold no stored secret, and nothing that is no text or too long', async () => {
    const sandbox = await open();
    await run(sandbox, 'echo "The key is sk-stored-secret." > /memo/NOTES.md');
    expect(await notes()).toBe('The key is [redacted KEY].\n');
    expect(await run(sandbox, 'cat /memo/NOTES.md')).toBe('The key is [redacted KEY].\n');
    await run(sandbox, 'printf "a\\0b" > /memo/NOTES.md');
    await run(sandbox, 'head -c 120000 /dev/zero | tr "\\0" x > /memo/NOTES.md');
    await run(sandbox, 'head -c 900000 /dev/zero | tr "\\0" x > /memo/NOTES.md');
    expect(await notes()).toBe('The key is [redacted KEY].\n');
    expect(logged.length).toBeGreaterThan(0);
    expect(
      await run(sandbox, 'echo "Short again." > /memo/NOTES.md; head -c 2000000 /dev/zero > /memo/fill'),
    ).toContain('No space left');
    expect(await notes()).toBe('Short again.\n');
  });
});

describe('a sandbox cannot use them to reach this machine', () => {
  it('by links, folders, pipes or other files: none is followed, and nothing but the two is kept', async () => {
    await note('Kept.');
    const hostFile = join(dataDir, 'tenants/acme/sessions/ses_memo/NOTES.md');
    const sandbox = await open();
    for (const line of [
      'ln -sf /etc/passwd /memo/NOTES.md',
      `ln -sf ${hostFile} /memo/NOTES.md`,
      'ln -sf /workspace/own /memo/NOTES.md; echo own > /workspace/own',
      'rm -f /memo/NOTES.md; mkdir /memo/NOTES.md',
      'rm -rf /memo/NOTES.md; mkfifo /memo/NOTES.md',
      'rm -f /memo/NOTES.md; ln -s NOTES.md /memo/NOTES.md',
      'echo other > /memo/session.jsonl; mkdir -p /memo/trace; echo x > /memo/trace/events.jsonl',
    ]) {
      await run(sandbox, line);
      await open();
      expect([line, await notes()]).toEqual([line, 'Kept.\n']);
    }
    expect(await run(sandbox, 'cat /workspace/own')).toBe('own\n');
    expect(await readFile(hostFile, 'utf8')).toBe('Kept.\n');
  });

  it('by mounts: the folder lies in the container’s memory, and no program can be started from it', async () => {
    const sandbox = await open();
    expect(await run(sandbox, 'grep " /memo " /proc/mounts')).toMatch(/^tmpfs \/memo tmpfs rw,nosuid,nodev,noexec/);
    expect(await run(sandbox, 'printf "#!/bin/sh\\necho ran" > /memo/x; chmod +x /memo/x; /memo/x')).toContain(
      'denied',
    );
  });
});

it('a store that is away does not keep a sandbox from working', async () => {
  const broken = createSessionMemo({
    store: { ...store, readMemory: () => Promise.reject(new Error('away')), writeMemory: store.writeMemory },
    queue,
    redact: (text) => text,
    logger: silentLogger,
  });
  const sandbox = await broken.bring(key, await real.manager.acquire(key));
  expect(await run(sandbox, 'echo fine')).toBe('fine\n');
  expect(sandbox.info.state).toMatch(/idle|ready|busy/);
});

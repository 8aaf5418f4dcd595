import { readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RealDaemon } from '../../sandbox/fixtures/real-daemon.ts';
import type { SessionBook } from '../book.ts';
import { lieMark, messageText, shellFile } from '../conversation.ts';
import { leftoversIn } from '../files.ts';
import { send } from '../http.ts';
import type { Program } from '../program.ts';

/** How long a program may take to be itself again once nothing is broken any more. */
const healBoundMs = 30_000;
/** Above what a fresh program has open: histories and logs that are kept open, connections that are kept alive. */
const mostMoreFiles = 60;
const mostMemory = 900 * 1024 * 1024;

/** Asks again until the answer is nothing; then, or when time is up, gives the last one. */
export async function settles(
  ask: () => Promise<string | undefined>,
  boundMs = healBoundMs,
): Promise<string | undefined> {
  const end = performance.now() + boundMs;
  for (;;) {
    const left = await ask();
    if (left === undefined || performance.now() > end) return left;
    await sleep(50);
  }
}

/** Promise 7: service resumes by itself when what was broken is back. */
export async function verifyHealed(base: string, faults: string[], probe: SessionBook): Promise<void> {
  const notReady = await settles(async () => {
    const answer = await send<{ checks?: unknown }>(base, 'GET', '/ready').catch(String);
    if (typeof answer === 'string') return answer;
    return answer.status === 200 ? undefined : JSON.stringify(answer.body);
  });
  if (notReady !== undefined) return void faults.push(`is not ready again: ${notReady}`);
  probe.presence = 'making';
  const text = await settles(async () => {
    const id = `p${probe.sent.size}`;
    probe.sent.add(id);
    const answer = await send(base, 'POST', '/api/chat', { ...probe.key, message: messageText(id, 'say') }).catch(
      String,
    );
    if (typeof answer === 'string') return answer;
    return answer.status === 200 ? undefined : JSON.stringify(answer);
  });
  if (text !== undefined) faults.push(`does not answer again: ${text}`);
}

/** Nothing goes on when nobody asks: no run, no child, no file that is open for one. */
export async function verifyQuiet(base: string, program: Program, idleFiles: number, faults: string[]): Promise<void> {
  const running = await settles(async () => {
    const { body } = await send<string>(base, 'GET', '/metrics');
    const [, count = '?'] = /^agentrail_runs_running (\d+)/m.exec(String(body)) ?? [];
    return count === '0' ? undefined : count;
  });
  if (running !== undefined) faults.push(`${running} runs go on and nobody reads them`);
  const open = await settles(async () => {
    // Files of sessions stay open, a bounded number of them, for the next message.
    const files = (await openFiles(program.pid)).filter((file) => !/\/sessions\/.*\.jsonl$/.test(file));
    return files.length <= idleFiles + mostMoreFiles ? undefined : tally(files);
  });
  if (open !== undefined) faults.push(`holds more than ${idleFiles + mostMoreFiles} files open: ${open}`);
  const memory = await settles(async () => {
    const bytes = await residentBytes(program.pid);
    return bytes <= mostMemory ? undefined : `${Math.round(bytes / 1024 / 1024)} MiB`;
  });
  if (memory !== undefined) faults.push(`holds ${memory} of memory`);
}

export async function openFiles(pid: number): Promise<string[]> {
  const names = await readdir(`/proc/${pid}/fd`);
  return Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => 'closed')));
}

export async function residentBytes(pid: number): Promise<number> {
  const [, kibibytes = '0'] = /^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

/** Which kinds of files there are most of. */
function tally(files: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const file of files) {
    const kind = file.replace(/\[\d+\]|\/[^/]+(?=\/[^/]+$)/, '');
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const most = [...counts].toSorted(([, a], [, b]) => b - a).slice(0, 6);
  return most.map(([kind, count]) => `${count} × ${kind}`).join(', ');
}

/** What a storm of any kind may leave for a moment and never for good. */
export async function verifyTidy(dataDir: string, faults: string[]): Promise<void> {
  const left = await settles(async () => {
    const names = await leftoversIn(dataDir);
    return names.length === 0 ? undefined : names.join(', ');
  }, 10_000);
  if (left !== undefined) faults.push(`left behind: ${left}`);
}

/** The arguments of a call that was cut, or that only looked whole, reached no tool. */
export async function verifyNoCutCall(dataDir: string, faults: string[]): Promise<void> {
  const entries = await readdir(path.join(dataDir, 'tenants'), { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  for (const { name, parentPath } of entries) {
    if (name !== 'NOTES.md') continue;
    const notes = await readFile(path.join(parentPath, name), 'utf8').catch(() => '');
    if (notes.includes(lieMark))
      faults.push(`a tool call that was cut was carried out: ${path.join(parentPath, name)}`);
  }
}

/** What a command wrote is in the workspace, whatever became of the sandbox. */
export async function verifyCommands(dataDir: string, book: SessionBook, faults: string[]): Promise<void> {
  if (book.presence !== 'live' || book.ran.length === 0) return;
  const { tenantId, sessionId } = book.key;
  const file = path.join(dataDir, 'sandboxes', tenantId, sessionId, shellFile);
  const text = await readFile(file, 'utf8').catch(() => '');
  const missing = book.ran.find((line) => !text.includes(line));
  if (missing !== undefined) faults.push(`${tenantId}/${sessionId}: the command that wrote "${missing}" left nothing`);
}

/** Containers of this daemon that are not of the living program; with `undefined` none may be there. */
export async function verifyContainers(docker: RealDaemon['docker'], owner: string | undefined, faults: string[]) {
  const left = await settles(async () => {
    const filters = { label: ['run.agentrail.managed=1'] };
    const containers = await docker.listContainers({ all: true, filters }).catch(String);
    if (typeof containers === 'string') return containers;
    const strange = containers.filter(({ Labels }) => Labels['run.agentrail.instance'] !== owner);
    return strange.length === 0 ? undefined : strange.map(({ Names, State }) => `${Names[0]} (${State})`).join(', ');
  }, 60_000);
  if (left !== undefined) faults.push(`containers are left: ${left}`);
}

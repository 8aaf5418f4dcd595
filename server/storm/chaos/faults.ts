import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createBook, type SessionBook } from '../book.ts';
import { messageText } from '../conversation.ts';
import type { Program } from '../program.ts';
import type { Random } from '../random.ts';
import { mountDisk, unmount } from '../rig.ts';
import { openFiles, settles } from './checks.ts';
import type { LyingUpstream, Misbehaviour } from './lying-upstream.ts';
import type { ChaosKind } from './plan.ts';

const run = promisify(execFile);

/** What faults are done to. */
export interface FaultScene {
  dataDir: string;
  /** Files that the hooks in the program read; outside of the data directory, which may be full. */
  clockFile: string;
  slowFile: string;
  program: Program;
  faults: string[];
  base: string;
  upstream: LyingUpstream;
  random: Random;
  /** Clients that are processes of their own keep their sessions here. */
  strangers: SessionBook[];
  killPostgres?: () => Promise<void>;
  killDocker?: () => Promise<void>;
}

/** Undoes a fault. */
export type Heal = () => Promise<void>;
type Fault = (scene: FaultScene) => Promise<Heal>;

const nothing = async () => undefined;

/** Several ways of an upstream at once are one fault. */
export async function breakThings(kinds: readonly ChaosKind[], scene: FaultScene): Promise<Heal> {
  const ways = kinds.flatMap((kind) => (kind.startsWith('upstream-') ? (kind.slice(9) as Misbehaviour) : []));
  if (ways.length > 0) scene.upstream.misbehave(ways, scene.random.fork());
  const heals: Heal[] = [];
  for (const kind of kinds) heals.push(await faults[kind](scene));
  return async () => {
    scene.upstream.behave();
    for (const heal of heals.toReversed()) await heal();
  };
}

const byUpstream: Fault = async () => nothing;

const faults: Record<ChaosKind, Fault> = {
  // The end of the round does it.
  'kill-server': async () => nothing,
  'upstream-hangs': byUpstream,
  'upstream-lies': byUpstream,
  'upstream-cuts': byUpstream,
  'upstream-floods': byUpstream,
  'upstream-refuses': byUpstream,

  /** Takes the last page and every one that the program gives back. */
  async 'disk-full'({ dataDir }) {
    const file = path.join(dataDir, 'ballast');
    const page = Buffer.alloc(4096);
    const many = Buffer.alloc(1024 * 1024);
    let isOver = false;
    const filling = (async () => {
      while (!isOver)
        await appendFile(file, many)
          .catch(() => appendFile(file, page))
          .catch(() => sleep(5));
    })();
    return async () => {
      isOver = true;
      await filling;
      await rm(file, { force: true });
    };
  },

  /** Files that are open for writing keep a disk from becoming read-only; another one in its place does not ask them. */
  async 'disk-read-only'(scene) {
    const { dataDir, program } = scene;
    await mountDisk(dataDir, '1m,ro');
    return async () => {
      // What the program has just looked at may be open for a moment more.
      const busy = await settles(() => unmount(dataDir).then(nothing, String), 10_000);
      if (busy === undefined) return;
      const held = (await openFiles(program.pid)).filter((file) => file.startsWith(dataDir));
      // It would stand in the way of everything that comes.
      await run('umount', ['-l', dataDir]);
      scene.faults.push(`holds on to a disk that is gone; open are ${held.join(', ')}`);
    };
  },

  async 'disk-slow'({ slowFile, random }) {
    await writeFile(slowFile, String(20 + random.below(300)));
    return () => writeFile(slowFile, '0');
  },

  async 'few-files'({ program, random }) {
    const limit = async (soft: number) => {
      if (!program.hasEnded()) await run('prlimit', ['--pid', String(program.pid), `--nofile=${soft}:`]);
    };
    await limit(30 + random.below(60));
    return () => limit(1024);
  },

  async 'clock-jumps'({ clockFile, program, random }) {
    const hours = random.pick([1, -1, 26, -26, 24 * 40, -24 * 40]);
    await writeFile(clockFile, String(hours * 3_600_000));
    if (!program.hasEnded()) process.kill(program.pid, 'SIGUSR2');
    return nothing;
  },

  async 'kill-client'(scene) {
    const ended = Array.from({ length: 1 + scene.random.below(3) }, () => dieEarly(scene));
    return async () => {
      await Promise.all(ended);
    };
  },

  async 'postgres-killed'({ killPostgres, random }) {
    const killed = sleep(random.below(300)).then(() => killPostgres?.());
    killed.catch(() => undefined);
    return async () => killed;
  },

  async 'dockerd-killed'({ killDocker, random }) {
    const killed = sleep(random.below(1500)).then(() => killDocker?.());
    killed.catch(() => undefined);
    return async () => killed;
  },
};

/** A program that opens some runs, reads them and is killed in the middle. */
async function dieEarly({ base, random, strangers }: FaultScene): Promise<void> {
  const bodies = Array.from({ length: 1 + random.below(4) }, () => {
    const id = `x${strangers.length}-${random.below(1_000_000_000)}`;
    const book = createBook({ tenantId: 'acme', userId: 'stranger', sessionId: id }, 'making');
    book.sent.add(id);
    strangers.push(book);
    return { ...book.key, message: messageText(id, random.pick(['say', 'note', 'work', 'ask'])) };
  });
  const script = `for (const body of ${JSON.stringify(bodies)}) fetch(${JSON.stringify(`${base}/api/stream`)}, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  }).then(async (answer) => { for await (const _ of answer.body) process.stdout.write('.'); }, () => undefined);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'close');
  const waitMs = random.below(60);
  // Once it has heard something, or when nothing comes.
  await Promise.race([once(child.stdout, 'data'), ended, sleep(2000)]);
  await sleep(waitMs);
  child.kill('SIGKILL');
  await ended;
}

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../lib/clock.ts';
import { newId } from '../../lib/new-id.ts';
import type { ContainerEngine, ListedContainer } from '../../sandbox/container-engine.ts';
import { comesTrue, openRealSandboxes, type RealSandboxes, type SandboxConfig } from '../../sandbox/real-sandboxes.ts';
import { createRandom } from '../random.ts';
import { containersOf, leftoversOf, processesIn } from './leftovers.ts';
import { type StormOwner, startStormOwner } from './storm-owner-process.ts';
import { isWholeUpload, noteText } from './storm-words.ts';

export interface SandboxStormOptions {
  kills: number;
  seed: number;
  /** That each owner keeps at once. */
  sandboxes: number;
  /** Longest time between most of them being there and the kill. */
  maxLifeMs: number;
  sandbox?: Partial<SandboxConfig>;
  onKill?(kill: KillReport): void;
}

export interface KillReport {
  /** Sandboxes by state when their owner was killed. */
  states: Record<string, number>;
  /** Until only those were left that a dead man's switch cannot reach: paused, or created and never started. */
  goneMs: number;
  /** So many were left for the next owner. */
  leftForSweep: number;
  /** Until the next owner had removed them. */
  sweptMs: number;
}

export interface SandboxStormReport {
  kills: KillReport[];
  notes: number;
  faults: string[];
}

/** From the death of an owner on. */
const goneBoundMs = 20_000;
const sweptBoundMs = 30_000;
const rampBoundMs = 120_000;

/**
 * Lets a process own sandboxes in all their states, kills it at a moment of chance, and looks for what is left of them;
 * again and again on one data directory. Ends at the first kill after which something is wrong.
 */
export async function runSandboxStorm(options: SandboxStormOptions): Promise<SandboxStormReport> {
  const random = createRandom(options.seed);
  const dataDir = await mkdtemp(path.join(tmpdir(), 'sandbox-storm-'));
  const report: SandboxStormReport = { kills: [], notes: 0, faults: [] };
  const notes: StormOwner['notes'] = [];
  try {
    for (let round = 1; round <= options.kills && report.faults.length === 0; round += 1) {
      const owner = startStormOwner({
        instanceId: newId('instance'),
        dataDir,
        sandboxes: options.sandboxes,
        seed: random.below(4_294_967_296),
        round,
        sandbox: options.sandbox ?? {},
      });
      try {
        // Some are killed while most are still on their way.
        const share = 0.3 + 0.7 * random.next();
        const isUp = () => Promise.resolve(owner.live() >= share * options.sandboxes || owner.hasEnded());
        if (!(await comesTrue(isUp, rampBoundMs))) report.faults.push('The sandboxes did not come up.');
        await systemClock.sleep(random.below(options.maxLifeMs));
      } finally {
        const scene = { dataDir, sandbox: options.sandbox ?? {}, notes, faults: report.faults };
        const killed = await killAndLook(owner, scene);
        report.kills.push(killed);
        options.onKill?.(killed);
      }
      report.faults.push(...owner.faults, ...(await verifyWorkspaces(dataDir, notes)));
    }
    report.notes = notes.length;
    return report;
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

interface Scene {
  dataDir: string;
  sandbox: Partial<SandboxConfig>;
  notes: StormOwner['notes'];
  faults: string[];
}

/** Kills an owner; the next one of the same data directory removes what is left, works, and leaves nothing itself. */
async function killAndLook(owner: StormOwner, scene: Scene): Promise<KillReport> {
  const { dataDir, faults } = scene;
  const next = await openRealSandboxes({ ...scene.sandbox, warmPool: 1 }, { dataDir });
  try {
    const states = owner.states();
    const { ids, goneMs, left } = await kill(owner, next.engine, faults);
    const sweptMs = await sweepUp(owner.instanceId, next, faults);
    const alive = await processesIn(ids);
    if (alive.length > 0) faults.push(`Processes ${alive.join(', ')} are left of containers that are gone.`);
    scene.notes.push(...owner.notes);
    await resumeSession(next, scene);
    return { states, goneMs, leftForSweep: left, sweptMs };
  } finally {
    await next.manager.close();
    faults.push(...(await leftoversOf(next.engine, next.instanceId)));
    const pool = await readdir(path.join(dataDir, 'sandboxes/.pool')).catch(() => []);
    if (pool.length > 0) faults.push(`Workspaces of the pool are left: ${pool.join(', ')}.`);
  }
}

async function kill(owner: StormOwner, engine: ContainerEngine, faults: string[]) {
  const ids = (await containersOf(engine, owner.instanceId)).map(({ containerId }) => containerId);
  await owner.kill();
  const killedAt = performance.now();
  let rest: ListedContainer[] = [];
  const isGone = await comesTrue(async () => {
    rest = await containersOf(engine, owner.instanceId);
    return rest.every(({ state }) => state === 'paused' || state === 'created');
  }, goneBoundMs);
  if (!isGone) {
    faults.push(`After ${goneBoundMs} ms there are ${rest.map(({ name, state }) => `${name} (${state})`).join(', ')}.`);
  }
  return { ids, goneMs: Math.round(performance.now() - killedAt), left: rest.length };
}

async function sweepUp(instanceId: string, next: RealSandboxes, faults: string[]): Promise<number> {
  const startedAt = performance.now();
  let rest: string[] = [];
  const isSwept = await comesTrue(async () => {
    await next.manager.sweep();
    rest = await leftoversOf(next.engine, instanceId);
    return rest.length === 0;
  }, sweptBoundMs);
  if (!isSwept) faults.push(`The next owner left ${rest.join(', ')}.`);
  return Math.round(performance.now() - startedAt);
}

/** A session goes on where it was, in a sandbox of the new owner. */
async function resumeSession({ manager }: RealSandboxes, { notes, faults }: Scene): Promise<void> {
  const last = notes.at(-1);
  if (!last) return;
  manager.keepWarm(true);
  const sandbox = await manager.acquire({ tenantId: 'acme', sessionId: last.session });
  const { stdout } = await sandbox.exec({ command: ['cat', last.note] });
  const text = Buffer.from(stdout).toString();
  if (text !== noteText(last.session, last.note)) faults.push(`${last.session} does not find ${last.note} any more.`);
}

/** Every note that was said to be safe is there, and every upload is whole or was never there. */
export async function verifyWorkspaces(dataDir: string, notes: StormOwner['notes']): Promise<string[]> {
  const faults: string[] = [];
  const workspace = (session: string) => path.join(dataDir, 'sandboxes/acme', session);
  for (const { session, note } of notes) {
    const text = await readFile(path.join(workspace(session), note), 'utf8').catch(() => '');
    if (text !== noteText(session, note)) faults.push(`${session} has lost ${note}: ${JSON.stringify(text)}.`);
  }
  for (const session of new Set(notes.map((each) => each.session))) {
    const upload = await readFile(path.join(workspace(session), 'upload'), 'utf8').catch(() => undefined);
    if (upload !== undefined && !isWholeUpload(upload)) faults.push(`The upload of ${session} is half.`);
    const names = await readdir(workspace(session));
    const partial = names.filter((name) => name.startsWith('.agentrail-'));
    if (partial.length > 0) faults.push(`Half a file is left in ${session}: ${partial.join(', ')}.`);
  }
  return faults;
}

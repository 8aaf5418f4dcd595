import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startMockUpstream } from '../../agent/testing/mock-upstream.ts';
import { type RealDaemon, startRealDaemon } from '../../sandbox/fixtures/real-daemon.ts';
import { makePostgresCluster } from '../../sessions/postgres/fixtures/postgres-cluster.ts';
import { createBook, type SessionBook } from '../book.ts';
import { type Client, createClient, Finding } from '../client.ts';
import { replyTo } from '../conversation.ts';
import { verifyDatabase, verifyRows } from '../database.ts';
import { verifyFiles, verifyIndex } from '../files.ts';
import type { StormDatabase } from '../kill-storm.ts';
import { type Program, startProgram } from '../program.ts';
import { createRandom } from '../random.ts';
import { mountDisk, unmount } from '../rig.ts';
import { verifyBook, verifyList } from '../verify.ts';
import {
  openFiles,
  settles,
  verifyCommands,
  verifyContainers,
  verifyHealed,
  verifyNoCutCall,
  verifyQuiet,
  verifyTidy,
} from './checks.ts';
import { breakThings, type FaultScene } from './faults.ts';
import { startLyingUpstream } from './lying-upstream.ts';
import { type ChaosKind, type EpochPlan, planEpoch, planRound, type Round, roundsOfEpoch } from './plan.ts';

export interface ChaosOptions {
  seed: number;
  rounds: number;
  /** Number of the first round; the one that begins its epoch is taken. */
  from?: number;
  only?: ChaosKind;
  /** Longest time that clients get in a round. */
  maxLifeMs?: number;
  onRound?(round: Round, epoch: EpochPlan, acknowledgements: number): void;
}

export interface ChaosReport {
  rounds: number;
  acknowledgements: number;
  kinds: Record<string, number>;
  /** One sentence per broken promise, of the round with which the storm ended. */
  faults: string[];
  /** Where it is met again. */
  failedRound?: number;
  /** A disk of its own that stays mounted when there are faults. */
  dataDir?: string;
}

/** What may be refused while something is broken on purpose. Anything else is a finding, `internal_error` above all. */
const meant =
  /^(provider_|storage_unavailable$|run_aborted$|instance_unreachable$|too_many_runs$|shutting_down|server_stopping|sandbox_|docker_)/;

const hooks = ['jumping-clock', 'slow-disk'].map((name) =>
  fileURLToPath(new URL(`../fixtures/${name}.ts`, import.meta.url)),
);

/** Rounds of faults in the order of their epochs. Ends at the first round after which a promise is broken. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const report: ChaosReport = { rounds: 0, acknowledgements: 0, kinds: {}, faults: [] };
  const last = (options.from ?? 1) + options.rounds - 1;
  for (let at = Math.floor(((options.from ?? 1) - 1) / roundsOfEpoch); at * roundsOfEpoch < last; at += 1) {
    const plan = planEpoch(options.seed, at, options.only);
    await runEpoch(plan, Math.min(roundsOfEpoch, last - at * roundsOfEpoch), options, report);
    if (report.faults.length > 0) break;
  }
  return report;
}

/** One data directory on a disk of its own, and everything that lives on it. */
async function runEpoch(plan: EpochPlan, rounds: number, options: ChaosOptions, report: ChaosReport): Promise<void> {
  const random = createRandom(plan.seed);
  const folder = await mkdtemp(path.join(tmpdir(), 'chaos-'));
  const outside = await mkdtemp(path.join(tmpdir(), 'chaos-hooks-'));
  const world = await openWorld(plan, folder, outside, report.faults);
  const clients = Array.from({ length: 4 }, (_, at) =>
    createClient(
      `c${at}`,
      at % 2 === 0 ? 'acme' : 'globex',
      random.fork(),
      (code) => meant.test(code),
      plan.hasDocker ? ['shell', 'shell'] : [],
    ),
  );
  const probe = createBook({ tenantId: 'globex', userId: 'probe', sessionId: 'probe' }, 'making');
  const scene: EpochScene = { ...world, clients, strangers: [probe], probe, idleFiles: 0 };
  let program = await begin(scene);
  const before = report.acknowledgements;
  try {
    for (let at = 0; at < rounds && report.faults.length === 0; at += 1) {
      const number = plan.first + at;
      const round = planRound(plan, number, random, options.only, options.maxLifeMs ?? 1200);
      program = await runRound(program, round, scene);
      report.rounds += 1;
      report.acknowledgements = before + clients.reduce((sum, client) => sum + client.acknowledgements(), 0);
      for (const kind of [...round.kinds, `end: ${round.ending}`]) report.kinds[kind] = (report.kinds[kind] ?? 0) + 1;
      options.onRound?.(round, plan, report.acknowledgements);
      if (report.faults.length > 0) {
        Object.assign(report, { failedRound: number, dataDir: folder });
        await writeFile(path.join(outside, 'output'), program.output());
        report.faults.push(`(what the program said: ${outside}/output)`);
      }
    }
  } catch (error) {
    report.faults.push(`the storm itself broke: ${error instanceof Error ? error.stack : String(error)}`);
    report.dataDir = folder;
  } finally {
    await program.kill();
    await world.close();
    if (report.faults.length === 0) {
      await unmount(folder);
      await rm(folder, { recursive: true, force: true });
      await rm(outside, { recursive: true, force: true });
    }
  }
}

interface World {
  dataDir: string;
  clockFile: string;
  slowFile: string;
  upstream: FaultScene['upstream'];
  faults: string[];
  env: Record<string, string>;
  database?: StormDatabase;
  daemon?: RealDaemon;
  close(): Promise<void>;
}

interface EpochScene extends World {
  clients: readonly Client[];
  strangers: SessionBook[];
  probe: SessionBook;
  /** Files that a fresh program has open. */
  idleFiles: number;
}

async function openWorld(plan: EpochPlan, dataDir: string, outside: string, faults: string[]): Promise<World> {
  await mountDisk(dataDir, '64m');
  const model = await startMockUpstream({ script: replyTo });
  const upstream = await startLyingUpstream(model.baseUrl);
  const cluster = plan.store === 'postgres' ? await makePostgresCluster() : undefined;
  const daemon = plan.hasDocker ? await startRealDaemon() : undefined;
  const [clockFile, slowFile] = [path.join(outside, 'clock'), path.join(outside, 'slow')];
  for (const file of [clockFile, slowFile]) await writeFile(file, '0');
  const config = {
    version: 1,
    // Shorter than a run: what hangs ends by its silence or by the deadline, whichever comes first.
    llm: { provider: 'openai', modelId: 'mock-model', baseUrl: upstream.baseUrl, idleTimeoutMs: 1500 },
    permissions: { mode: 'bypassPermissions' },
    runs: { disconnectGraceMs: 0, deadlineMs: 4000 },
    shutdown: { drainMs: 1000 },
    sandbox: { warmPool: 1, memory: '128m' },
    models: { 'mock-model': { contextWindow: 1_000_000 } },
  };
  await writeFile(path.join(dataDir, 'agentrail.yaml'), JSON.stringify(config));
  return {
    dataDir,
    clockFile,
    slowFile,
    upstream,
    faults,
    env: {
      OPENAI_API_KEY: 'a-key-of-the-storm',
      AGENTRAIL_TEST_CLOCK: clockFile,
      AGENTRAIL_TEST_DISK: slowFile,
      ...(cluster && { DATABASE_URL: cluster.url }),
      ...(daemon && { DOCKER_HOST: daemon.address }),
    },
    ...(daemon && { daemon }),
    ...(cluster && {
      database: {
        url: cluster.url,
        sql: (text: string) => cluster.sql(text),
        async crash() {
          await cluster.stop('kill');
          // A backend that was just being born may outlive its parent for a moment, and then there is no start.
          for (let left = 20; ; left -= 1) {
            const started = await cluster.start().catch((error: unknown) => error);
            if (started === undefined) return;
            if (left === 0) throw started;
            await cluster.stop('kill');
            await sleep(200);
          }
        },
      },
    }),
    async close() {
      await upstream.close();
      await model.close();
      await cluster?.remove();
      await daemon?.close();
    },
  };
}

async function begin(scene: EpochScene): Promise<Program> {
  const nodeArguments = hooks.flatMap((hook) => ['--import', hook]);
  const program = startProgram({ dataDir: scene.dataDir, env: scene.env, nodeArguments });
  await program.base;
  scene.idleFiles = (await openFiles(program.pid)).length;
  return program;
}

/** Clients work while things break; then all is whole again, and every promise is looked at. */
async function runRound(program: Program, round: Round, scene: EpochScene): Promise<Program> {
  const { faults, dataDir, clients, database } = scene;
  const base = await program.base;
  let isOver = false;
  const using = clients.map(async (client) => {
    // A connection that breaks is no reason to stop: the program may live.
    while (!isOver) {
      await client.use(base, () => isOver);
      await sleep(20);
    }
  });
  const allUsing = Promise.all(using).catch((error: unknown) =>
    faults.push(error instanceof Finding ? error.message : `a client broke: ${String(error)}`),
  );
  await sleep(round.random.below(200));
  const { daemon } = scene;
  const crash = {
    ...(database && { killPostgres: () => database.crash() }),
    ...(daemon && {
      async killDocker() {
        await daemon.end('SIGKILL');
        await daemon.start();
      },
    }),
  };
  const heal = await breakThings(round.kinds, { ...scene, ...crash, program, base, random: round.random });
  await sleep(round.lifeMs);
  if (round.ending === 'kill' && program.hasEnded()) faults.push('the program ended by itself');
  if (round.ending === 'kill') await program.kill();
  isOver = true;
  await heal();
  await allUsing;
  if (program.hasEnded() && round.ending !== 'kill') {
    faults.push(`the program ended by itself: ${program.output().slice(-2000)}`);
    return program;
  }
  if (round.ending !== 'kill') await verifyLiving(base, program, scene);
  if (round.ending === 'stop') await stopInOrder(program, dataDir, faults);
  if (round.ending === 'live') {
    await verifyAll(base, scene);
    return program;
  }
  if (daemon && round.ending === 'stop') await verifyContainers(daemon.docker, undefined, faults);
  await verifyNoCutCall(dataDir, faults);
  if (database) await verifyDatabase(database, faults);
  else await verifyIndex(dataDir, faults);
  const next = await begin(scene);
  await verifyAll(await next.base, scene);
  // What could not be removed from a disk that was away goes at the next start.
  await verifyTidy(dataDir, faults);
  if (daemon) await verifyContainers(daemon.docker, await ownerOf(dataDir), faults);
  return next;
}

/** The instance that says in the lock that it lives. */
async function ownerOf(dataDir: string): Promise<string> {
  return (JSON.parse(await readFile(path.join(dataDir, 'lock'), 'utf8')) as { instanceId: string }).instanceId;
}

async function verifyLiving(base: string, program: Program, { faults, probe, idleFiles }: EpochScene): Promise<void> {
  await verifyHealed(base, faults, probe);
  await verifyQuiet(base, program, idleFiles, faults);
}

async function stopInOrder(program: Program, dataDir: string, faults: string[]): Promise<void> {
  process.kill(program.pid, 'SIGTERM');
  const late = await settles(async () => (program.hasEnded() ? undefined : 'late'), 20_000);
  if (late !== undefined) faults.push('does not end within 20 s when it is asked to');
  else if ((await program.ended) !== 0) faults.push(`ended with ${await program.ended} when it was asked to end`);
  if (existsSync(path.join(dataDir, 'lock'))) faults.push('left its lock when it ended in order');
}

async function verifyAll(base: string, scene: EpochScene): Promise<void> {
  const { dataDir, faults, database, clients, strangers } = scene;
  const books = [...clients.flatMap((client): readonly SessionBook[] => client.books), ...strangers];
  for (const book of books) await verifyBook(base, book, faults);
  for (const book of books) {
    if (database) await verifyRows(database, book, faults);
    else await verifyFiles(dataDir, book, faults);
    await verifyCommands(dataDir, book, faults);
  }
  await verifyList(base, books, faults);
  await verifyNoCutCall(dataDir, faults);
}

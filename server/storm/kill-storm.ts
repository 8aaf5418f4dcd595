import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type MockUpstream, type RecordedRequest, startMockUpstream } from '../agent/testing/mock-upstream.ts';
import { createDataLayout } from '../data/layout.ts';
import { firstMissing, idIn, type SessionBook } from './book.ts';
import { type Client, createClient, Finding } from './client.ts';
import { namesInRequest, replyTo } from './conversation.ts';
import { verifyDatabase, verifyRows } from './database.ts';
import { leftoversIn, verifyFiles, verifyIndex } from './files.ts';
import { type Program, startProgram } from './program.ts';
import { createRandom, type Random } from './random.ts';
import { verifyBook, verifyList } from './verify.ts';

export interface StormOptions {
  kills: number;
  seed: number;
  /** Longest time that the clients get between a start and its kill. */
  maxLifeMs: number;
  clients?: number;
  /** Sessions lie there and not in files; it is killed too, now and then. Its tables are empty. */
  database?: StormDatabase;
  onKill?(kill: number, report: StormReport): void;
}

/** A Postgres that can be killed. */
export interface StormDatabase {
  url: string;
  /** SIGKILL for all of it, and up again. */
  crash(): Promise<void>;
  sql(text: string): Promise<Record<string, unknown>[]>;
}

export interface StormReport {
  kills: number;
  /** Of the database. */
  crashes: number;
  acknowledgements: number;
  sessions: number;
  modelCalls: number;
  /** One sentence per broken promise. */
  faults: string[];
  dataDir: string;
}

/** How long what goes in the background after a start may take. */
const tidyMs = 5_000;

/**
 * Runs the real program, lets clients use it, kills it at a moment of chance, starts it again and compares what it shows
 * with everything that it acknowledged; again and again. Ends at the first kill after which something is wrong. The data
 * directory stays when there are faults.
 */
export async function runKillStorm(options: StormOptions): Promise<StormReport> {
  const random = createRandom(options.seed);
  const dataDir = await mkdtemp(path.join(tmpdir(), 'kill-storm-'));
  const faults: string[] = [];
  const mayFail = (code: string) => options.database !== undefined && code === 'storage_unavailable';
  const clients = Array.from({ length: options.clients ?? 4 }, (_, at) =>
    createClient(`c${at}`, at % 2 === 0 ? 'acme' : 'globex', random.fork(), mayFail),
  );
  const upstream = await startMockUpstream({ script: (request) => answer(request, clients, faults) });
  await writeFile(path.join(dataDir, 'agentrail.yaml'), configOf(upstream));
  let crashes = 0;
  const { database } = options;
  const begin = () => start(dataDir, database);
  const report = (kills: number): StormReport => ({
    kills,
    crashes,
    acknowledgements: clients.reduce((sum, client) => sum + client.acknowledgements(), 0),
    sessions: clients.reduce((sum, client) => sum + client.books.length, 0),
    modelCalls: upstream.requests.length,
    faults,
    dataDir,
  });
  // A program that is killed keeps nothing of what Node compiled; the first one ends in order.
  const first = begin();
  await first.base;
  await first.kill('SIGTERM');
  let program = begin();
  try {
    let kills = 0;
    while (kills < options.kills && faults.length === 0) {
      const onCrash = () => {
        crashes += 1;
      };
      const { maxLifeMs } = options;
      program = await liveAndDie(program, { dataDir, clients, random, faults, maxLifeMs, begin, database, onCrash });
      kills += 1;
      options.onKill?.(kills, report(kills));
    }
    return report(kills);
  } finally {
    await program.kill();
    await upstream.close();
    if (faults.length === 0) await rm(dataDir, { recursive: true });
  }
}

interface Scene {
  dataDir: string;
  clients: readonly Client[];
  random: Random;
  faults: string[];
  maxLifeMs: number;
  begin(): Program;
  database: StormDatabase | undefined;
  onCrash(): void;
}

/** One life of the program: used, killed, started again, looked at. */
async function liveAndDie(program: Program, scene: Scene): Promise<Program> {
  const { dataDir, clients, random, faults, database } = scene;
  const base = await program.base;
  const using = Promise.all(clients.map((client) => client.use(base)));
  const tampering = database ? crashNowAndThen(scene, database) : tamperWithIndex(dataDir, random);
  await Promise.race([using, sleep(20 + random.below(scene.maxLifeMs))]).catch(() => undefined);
  await program.kill();
  await using.catch((error: unknown) => faults.push(error instanceof Finding ? error.message : String(error)));
  await tampering;
  tellErrors(program, faults, database !== undefined);
  if (database) await verifyDatabase(database, faults);
  else await verifyIndex(dataDir, faults);

  const next = scene.begin();
  await verifyAll(await next.base, scene);
  if (!next.output().includes('taken over from an owner that is gone')) faults.push('the lock was not taken over');
  await verifyTidy(dataDir, faults);
  return next;
}

async function verifyAll(base: string, { dataDir, clients, faults, database }: Scene): Promise<void> {
  const books = clients.flatMap((client): readonly SessionBook[] => client.books);
  for (const book of books) await verifyBook(base, book, faults);
  for (const book of books) {
    if (database) await verifyRows(database, book, faults);
    else await verifyFiles(dataDir, book, faults);
  }
  await verifyList(base, books, faults);
}

async function verifyTidy(dataDir: string, faults: string[]): Promise<void> {
  let left = await leftoversIn(dataDir);
  for (const end = performance.now() + tidyMs; left.length > 0 && performance.now() < end; ) {
    await sleep(20);
    left = await leftoversIn(dataDir);
  }
  if (left.length > 0) faults.push(`left behind: ${left.join(', ')}`);
}

/** What the server wrote into its log as an error is a fault too: nothing here is meant to fail. */
function tellErrors(program: Program, faults: string[], mayBeAway: boolean): void {
  const lines = program.output().split('\n');
  const isMeant = (line: string) => mayBeAway && /storage.unavailable|database/i.test(line);
  faults.push(...lines.filter((line) => line.includes('"level":"error"') && !isMeant(line)));
}

/** In the middle of a life, and sometimes in the moment of the program's own end. */
async function crashNowAndThen({ random, maxLifeMs, onCrash }: Scene, database: StormDatabase): Promise<void> {
  const how = random.weighted({ not: 3, crash: 1 });
  const waitMs = random.below(maxLifeMs);
  if (how === 'not') return;
  await sleep(waitMs);
  await database.crash();
  onCrash();
}

/** Sometimes the index is deleted or damaged under the server that uses it: it may always be made anew. */
async function tamperWithIndex(dataDir: string, random: Random): Promise<void> {
  const how = random.weighted({ not: 6, delete: 1, damage: 1 });
  const waitMs = random.below(200);
  const tenantId = random.pick(['acme', 'globex']);
  if (how === 'not') return;
  await sleep(waitMs);
  const file = path.join(createDataLayout(dataDir).tenantDir(tenantId), 'index.sqlite');
  if (how === 'delete') await rm(file, { force: true });
  // There is none yet: nothing to damage.
  else await writeFile(file, 'not a database '.repeat(500), { flag: 'r+' }).catch(() => undefined);
}

/** Also looks at what the model is sent: everything acknowledged, in order, unless it was summarised. */
function answer(request: RecordedRequest, clients: readonly Client[], faults: string[]) {
  const names = namesInRequest(request);
  const last = names.findLast((name) => name.startsWith('U '));
  const sender = last === undefined ? undefined : clients.map(({ bookOf }) => bookOf(idIn(last))).find(Boolean);
  // Runs offer tools; what else asks a model sends what it likes.
  const isRun = 'tools' in (request.body as object);
  if (isRun && sender !== undefined) {
    // A fork goes on from its source's last message: the request may be its, too.
    const books = clients.flatMap(({ books: all }) => all).filter((book) => descendsFrom(book, sender));
    const missing = books.map((book) => (book.mayBeCompacted ? undefined : firstMissing(book.acknowledged, names)));
    const [first] = missing;
    if (first !== undefined && missing.every((name) => name !== undefined)) {
      faults.push(`${sender.key.sessionId}: the model was not sent "${first}", but ${names.join(', ')}`);
    }
  }
  return replyTo(request);
}

function descendsFrom(book: SessionBook | undefined, ancestor: SessionBook): boolean {
  if (book === undefined) return false;
  return book === ancestor || descendsFrom(book.source, ancestor);
}

function start(dataDir: string, database: StormDatabase | undefined): Program {
  const env = { OPENAI_API_KEY: 'a-key-of-the-storm', LOG_LEVEL: 'info' };
  return startProgram({ dataDir, env: { ...env, ...(database && { DATABASE_URL: database.url }) } });
}

function configOf(upstream: MockUpstream): string {
  return JSON.stringify({
    version: 1,
    llm: { provider: 'openai', modelId: 'mock-model', baseUrl: upstream.baseUrl },
    permissions: { mode: 'bypassPermissions' },
    runs: { disconnectGraceMs: 0 },
    // A context window for the price table's sake; nothing here comes near it.
    models: { 'mock-model': { contextWindow: 1_000_000 } },
  });
}

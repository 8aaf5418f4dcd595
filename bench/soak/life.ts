import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConsoleHost, openConsoleHost } from '../../server/index.ts';
import { createRandom, type Random } from '../../server/storm/random.ts';
import { createSamples } from './samples.ts';

export interface LifeOptions {
  dataDir: string;
  modelUrl: string;
  durationMs: number;
  speed: number;
  seed: number;
  hasDocker: boolean;
}

/** Sessions that are there at once: others are deleted, so that what is kept stays the same. */
const mostSessions = 40;
const people = 4;

/** Lives, tells what it saw, and whether all of it was flat. */
export async function live(options: LifeOptions): Promise<boolean> {
  const { dataDir, durationMs } = options;
  const host = await openConsoleHost({
    resourcesDir: path.join(import.meta.dirname, '../../resources'),
    version: '1.0.0',
    rendererDir: dataDir,
    commandLine: { dataDir, port: 0 },
    auth: 'desktop',
    settings: {
      'llm.provider': 'openai',
      'llm.modelId': 'mock-model',
      'llm.baseUrl': options.modelUrl,
      'permissions.mode': 'bypassPermissions',
      'runs.disconnectGraceMs': 0,
      'sandbox.warmPool': options.hasDocker ? 1 : 0,
      'sandbox.memory': '128m',
      'shutdown.drainMs': 5000,
      'retention.logsDays': 2,
      'backup.keep': 2,
    },
  });
  const told = {
    chats: 0,
    streams: 0,
    left: 0,
    commands: 0,
    deleted: 0,
    rotations: 0,
    backups: 0,
    restarts: 0,
    refused: 0,
  };
  const startedAt = performance.now();
  const isOver = (): boolean => performance.now() - startedAt > durationMs;
  const clock = setInterval(() => {
    const aheadMs = Math.round((performance.now() - startedAt) * (options.speed - 1));
    writeFile(path.join(dataDir, 'clock'), String(aheadMs)).then(
      () => process.kill(process.pid, 'SIGUSR2'),
      () => undefined,
    );
  }, 2000);
  const samples = createSamples(dataDir);
  try {
    await host.server.start();
    await ask(host, 'PUT', '/secrets/OPENAI_API_KEY', { value: 'sk-soak-first-key-0000' });
    const random = createRandom(options.seed);
    // Everything stands still for a sample: people wait between two requests, and nothing is restarted.
    let isPaused = false;
    const scene: Scene = {
      host,
      told,
      isOver,
      hasDocker: options.hasDocker,
      pause: async () => {
        while (isPaused && !isOver()) await sleep(20);
      },
    };
    const busy = Array.from({ length: people }, (_, at) => bePerson(scene, `p${at}`, random.fork()));
    const tending = tend(scene, random.fork());
    while (!isOver()) {
      await sleep(Math.min(10_000, durationMs / 30));
      isPaused = true;
      await sleep(1500);
      const line = await samples.take((performance.now() - startedAt) / durationMs);
      console.log(`${line} ${JSON.stringify(told)}`);
      isPaused = false;
    }
    await Promise.all([...busy, tending]);
  } finally {
    clearInterval(clock);
    await host.close('now');
  }
  const isFlat = samples.conclude();
  const missed = Object.entries(told).filter(
    ([what, count]) => count === 0 && what !== 'refused' && (options.hasDocker || what !== 'commands'),
  );
  const worked = told.chats + told.streams;
  if (missed.length > 0) console.log(`\nNothing came of: ${missed.map(([what]) => what).join(', ')}`);
  if (told.refused > worked / 10) console.log(`\n${told.refused} refusals beside ${worked} answers`);
  return isFlat && missed.length === 0 && told.refused <= worked / 10;
}

interface Scene {
  host: ConsoleHost;
  told: Record<
    'chats' | 'streams' | 'left' | 'commands' | 'deleted' | 'rotations' | 'backups' | 'restarts' | 'refused',
    number
  >;
  hasDocker: boolean;
  isOver(): boolean;
  /** Resolves at once, unless a sample is taken. */
  pause(): Promise<void>;
}

async function ask(
  host: ConsoleHost,
  method: string,
  at: string,
  body?: unknown,
): Promise<{ status: number; text: string }> {
  const request = new Request(`app://console/console/api${at}`, {
    method,
    ...(body !== undefined && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const answer = await host.fetch(request);
  return { status: answer.status, text: await answer.text() };
}

/** Requests of the agent API over the real socket; a server that is just being restarted refuses them. */
async function call(scene: Scene, method: string, at: string, body?: unknown): Promise<Response | undefined> {
  const { address } = scene.host.server.state();
  if (address === undefined) {
    await sleep(50);
    return undefined;
  }
  const json = { 'Content-Type': 'application/json' };
  return fetch(`${address}${at}`, {
    method,
    ...(body !== undefined && { headers: json, body: JSON.stringify(body) }),
  }).catch(() => undefined);
}

async function bePerson(scene: Scene, name: string, random: Random): Promise<void> {
  const { told } = scene;
  const sessions: string[] = [];
  for (let count = 0; !scene.isOver(); count += 1) {
    await scene.pause();
    // A server that is being restarted has no address: nobody goes on before it has one.
    if (scene.host.server.state().address === undefined) {
      await sleep(50);
      continue;
    }
    while (sessions.length > mostSessions / people) {
      const gone = await call(scene, 'DELETE', `/api/sessions/${sessions[0]}?tenantId=default&userId=${name}`);
      await gone?.text().catch(() => '');
      if (gone?.status !== 204 && gone?.status !== 404) break;
      sessions.splice(0, 1);
      told.deleted += 1;
    }
    if (sessions.length > mostSessions / people) continue;
    const isNew = sessions.length === 0 || random.next() < 0.6;
    const sessionId = isNew ? `${name}-${count}` : (sessions[random.below(sessions.length)] ?? '');
    if (isNew) sessions.push(sessionId);
    const isCommand = scene.hasDocker && random.next() < 0.04;
    const message = isCommand ? 'Please run it.' : `Say something about ${count}.`;
    const how = isCommand ? 'chat' : random.weighted({ chat: 4, stream: 5, leave: 1 });
    const body = { message, sessionId, tenantId: 'default', userId: name };
    if (how === 'chat') {
      const answer = await call(scene, 'POST', '/api/chat', body);
      await answer?.text().catch(() => '');
      if (answer?.status === 200) told[isCommand ? 'commands' : 'chats'] += 1;
      else await beRefused(scene);
    } else {
      const answer = await call(scene, 'POST', '/api/stream', body);
      if (answer?.status !== 200) await beRefused(scene);
      else if (how === 'leave') {
        await answer.body?.cancel().catch(() => undefined);
        told.left += 1;
        continue;
      } else told.streams += 1;
      await answer?.text().catch(() => '');
    }
  }
}

/** A server that drains refuses at once; nobody asks again in the same moment. */
async function beRefused({ told }: Scene): Promise<void> {
  told.refused += 1;
  await sleep(250);
}

/** What an operator does in between. */
async function tend(scene: Scene, random: Random): Promise<void> {
  const { host, told } = scene;
  for (let round = 1; !scene.isOver(); round += 1) {
    await sleep(1000);
    await scene.pause();
    await ask(host, 'GET', `/logs?limit=200&text=${round}`);
    await ask(host, 'GET', '/overview');
    await ask(host, 'GET', '/sessions?text=word');
    if (round % 5 === 0) {
      await ask(host, 'PUT', '/secrets/OPENAI_API_KEY', { value: `sk-soak-key-${random.below(1_000_000_000)}` });
      await ask(host, 'PATCH', '/settings', { change: { 'logging.level': random.pick(['info', 'debug']) } });
      told.rotations += 1;
    }
    if (round % 3 === 0 && scene.hasDocker) await destroySome(host, random);
    if (round % 15 === 0) await backUp(scene);
    if (round % 20 === 0) {
      await host.server.restart(random.pick(['drain', 'now']));
      told.restarts += 1;
    }
  }
}

async function destroySome(host: ConsoleHost, random: Random): Promise<void> {
  const { text } = await ask(host, 'GET', '/sandboxes');
  const ids = [...text.matchAll(/"id":"([^"]+)"/g)].flatMap(([, id]) =>
    id !== undefined && random.next() < 0.7 ? id : [],
  );
  if (ids.length > 0) await ask(host, 'POST', '/sandboxes/destroy', { ids: [...new Set(ids)] });
}

async function backUp({ host, told }: Scene): Promise<void> {
  await ask(host, 'POST', '/data/backups', { workspaces: false, secrets: false });
  const { text } = await ask(host, 'GET', '/data/backups');
  const names = [...text.matchAll(/"name":"(agentrail-backup[^"]+)"/g)].flatMap(([, name]) => name ?? []);
  for (const name of names.slice(1)) await ask(host, 'DELETE', `/data/backups/${name}`);
  if (names.length > 0) told.backups += 1;
}

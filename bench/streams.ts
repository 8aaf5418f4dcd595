// What a stream costs, beside a floor, the provider layer alone and the shapes of peers, in one run and in turn.
// `node bench/streams.ts`; needs the build. Prints Markdown tables and writes .cache/bench/streams.json.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openMastra } from './streams/mastra-peer.ts';
import { measureHeld } from './streams/measure-held.ts';
import { measureRound, type RoundFigures } from './streams/measure-load.ts';
import { measureProcess } from './streams/measure-process.ts';
import { measureToolTrips } from './streams/measure-tools.ts';
import { ours, peer, type Subject } from './streams/subjects.ts';
import { heldTable, loadTable, machineLine, processTable, toolTable } from './streams/tables.ts';
import { startChild } from './support/child-server.ts';
import { median } from './support/statistics.ts';

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    /** How long each closed loop runs. */
    'burst-ms': { type: 'string', default: '3000' },
    /** Only servers whose name holds one of these words. */
    only: { type: 'string', multiple: true },
    /** Which parts: load, tools, held, process. Default: all. */
    part: { type: 'string', multiple: true },
    'no-paced': { type: 'boolean', default: false },
    /** Another build of the product, measured beside this one. */
    beside: { type: 'string' },
    /** How long 1,000 idle and 100 active streams are held; 600 for the long form. */
    'held-seconds': { type: 'string', default: '60' },
    /** Writes processor profiles of the product into this folder. */
    profile: { type: 'string' },
  },
});
process.setMaxListeners(50);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const parts = new Set(flags.part ?? ['load', 'tools', 'held', 'process']);
const dir = await mkdtemp(path.join(tmpdir(), 'bench-streams-'));
const upstream = await startChild({ args: [path.join(import.meta.dirname, 'servers/upstream.ts')] });
const address = `http://127.0.0.1:${upstream.port}`;
const report: Record<string, unknown> = { node: process.version, loadBefore: loadavg() };
try {
  if (parts.has('load')) print('load', await measureLoads());
  if (parts.has('tools')) print('tools', toolTable(await measureToolTrips(chosen(), address)));
  if (parts.has('held')) {
    const held = await measureHeld(oursAlone(), address, Number(flags['held-seconds']) * 1000);
    report.held = held;
    print('held table', heldTable(held));
  }
  if (parts.has('process')) print('process', processTable(await measureProcess(dir, address)));
} finally {
  await upstream.stop();
  await rm(dir, { recursive: true, force: true });
}
process.stdout.write(`${machineLine()}\n`);
const cache = path.join(import.meta.dirname, '../.cache/bench');
await mkdir(cache, { recursive: true });
await writeFile(path.join(cache, 'streams.json'), `${JSON.stringify({ ...report, loadAfter: loadavg() }, null, 2)}\n`);

function subjects(): Subject[] {
  const profiling = flags.profile === undefined ? {} : { nodeArgs: ['--cpu-prof', `--cpu-prof-dir=${flags.profile}`] };
  const beside = flags.beside;
  return [
    peer('plain proxy', 'plain-proxy.ts', dir),
    peer('doStream alone, OpenAI-compatible', 'do-stream.ts', dir),
    peer('doStream alone, Anthropic', 'do-stream.ts', dir, { BENCH_PROVIDER: 'anthropic' }),
    peer('hand-written loop on Hono + append log', 'hono-loop.ts', dir),
    ...(beside === undefined
      ? []
      : [ours({ name: 'ours, other build', dir, provider: 'openai-compatible', program: beside })]),
    ours({ name: 'ours, OpenAI-compatible', dir, provider: 'openai-compatible', ...profiling }),
    ours({ name: 'ours, Anthropic', dir, provider: 'anthropic' }),
    peer('Hono + AI SDK `streamText`', 'hono-stream-text.ts', dir),
    ...openMastra(dir, tell),
  ];
}

function chosen(): Subject[] {
  return subjects().filter(({ name }) => flags.only === undefined || flags.only.some((word) => name.includes(word)));
}

function oursAlone(): Subject {
  return ours({ name: 'ours', dir, provider: 'openai-compatible' });
}

/** Every server in each round, each in a process of its own that lives through all rounds. */
async function measureLoads(): Promise<string> {
  const rounds = new Map<string, RoundFigures[]>();
  for (let round = 1; round <= Number(flags.rounds); round += 1) {
    for (const subject of chosen()) {
      tell(`round ${round}: ${subject.name}`);
      const running = await subject.start(address);
      try {
        // What is made once and code that is not compiled yet are no part of the figures.
        await measureRound(running, { burstMs: 300, withPaced: false });
        const figures = await measureRound(running, {
          burstMs: Number(flags['burst-ms']),
          withPaced: !flags['no-paced'],
        });
        // A run that is broken off has said what it knew.
        tell(JSON.stringify(figures));
        rounds.set(subject.name, [...(rounds.get(subject.name) ?? []), figures]);
      } finally {
        await running.stop();
      }
    }
  }
  const medians = Array.from(rounds, ([name, list]) => ({ name, figures: medianOf(list) }));
  report.load = { medians, rounds: Object.fromEntries(rounds) };
  return loadTable(medians);
}

/** Figure by figure; failures are added up. */
function medianOf(list: RoundFigures[]): RoundFigures {
  const [first] = list;
  if (first === undefined) throw new Error('No round was measured.');
  const names = Object.keys(first) as (keyof RoundFigures)[];
  const middle = Object.fromEntries(names.map((name) => [name, median(list.map((one) => one[name]))]));
  return { ...first, ...middle, failures: list.reduce((sum, { failures }) => sum + failures, 0) };
}

function print(name: string, table: string): void {
  report[name] ??= table;
  process.stdout.write(`${table}\n\n`);
}

function tell(step: string): void {
  process.stderr.write(`${(performance.now() / 1000).toFixed(0)} s: ${step}\n`);
}

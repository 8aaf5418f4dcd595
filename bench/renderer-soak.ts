// The console's page in real Chromium for a long time in short: every page in turn, hundreds of times, while logs, runs and
// the use of sandboxes arrive. Needs the build.
//   node bench/renderer-soak.ts [--rounds 200] [--sandboxes 20]
// Prints one Markdown table, writes .cache/bench/renderer-soak.json, and fails when heap, nodes or listeners grow.
import { mkdir, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type CDPSession, chromium, type Page } from '@playwright/test';
import { chromiumFlags, findChromium } from '../e2e/support/chromium.ts';
import { startConsole } from '../e2e/support/console-program.ts';
import { makeTempHome } from '../e2e/support/temp-home.ts';
import { type ConsoleFeed, startConsoleFeed } from './renderer/console-feed.ts';
import { openMetrics, readMetrics } from './renderer/page-work.ts';
import { slopeOf } from './support/statistics.ts';

const places = [
  ...['/', '/playground', '/sessions', '/sandboxes', '/logs', '/knowledge', '/skills', '/memory', '/health'],
  ...['/secrets', '/data', '/readiness', '/deploy', '/settings', '/sandboxes/agentrail-1a2b3c4d-5e6f7a8b-1'],
];

/** Growth from the end of the warm-up to the end, by the slope of the samples between, per hundred rounds. */
const bounds = { heapMb: 1.5, nodes: 400, listeners: 60, documents: 1 } as const;
type Measure = keyof typeof bounds;
type Sample = Record<Measure, number> & { round: number };

/** What gets hot is compiled, and code counts as heap: it would hide what is really kept. */
const interpretedOnly = '--js-flags=--no-opt --no-maglev --no-sparkplug';

const warmUp = 0.25;
const roundsPerSample = 5;

async function sampleOf(session: CDPSession, round: number): Promise<Sample> {
  // Twice: what a finalizer lets go of goes at the second.
  for (const _ of [1, 2]) await session.send('HeapProfiler.collectGarbage');
  const found = await readMetrics(session);
  const read = (name: string) => found.get(name) ?? Number.NaN;
  return {
    ...{ round, heapMb: read('JSHeapUsedSize') / 1_048_576, nodes: read('Nodes') },
    ...{ listeners: read('JSEventListeners'), documents: read('Documents') },
  };
}

/** As a link in the page does it: nothing is loaded anew. */
async function visit(page: Page, place: string): Promise<void> {
  await page.evaluate((to) => history.pushState(null, '', to), place);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  // What the page asks for arrives, and what it shows a moment later.
  await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve, { timeout: 300 })));
}

async function soak(page: Page, rounds: number): Promise<Sample[]> {
  const session = await openMetrics(page);
  const samples: Sample[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const place of places) await visit(page, place);
    if (round % roundsPerSample !== 0) continue;
    await visit(page, '/');
    const sample = await sampleOf(session, round);
    samples.push(sample);
    process.stderr.write(`${JSON.stringify(sample)}\n`);
  }
  return samples;
}

function conclude(samples: Sample[], rounds: number): { table: string; isFlat: boolean } {
  const after = samples.filter(({ round }) => round >= rounds * warmUp);
  let isFlat = after.length >= 4;
  const lines = (Object.keys(bounds) as Measure[]).map((name) => {
    const growth = slopeOf(after.map((sample) => [sample.round, sample[name]] as const)) * 100;
    const isFine = growth <= bounds[name];
    isFlat &&= isFine;
    const [first = Number.NaN, last = Number.NaN] = [after[0]?.[name], after.at(-1)?.[name]];
    return `| ${name} | ${first.toFixed(1)} | ${last.toFixed(1)} | ${growth.toFixed(2)} | ${bounds[name]}${isFine ? '' : ' **exceeded**'} |`;
  });
  const head = '| Measure | After the warm-up | At the end | Growth per 100 rounds | Bound |\n|---|---|---|---|---|';
  return { table: [head, ...lines].join('\n'), isFlat };
}

async function run(rounds: number, sandboxes: number): Promise<Sample[]> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('No Chromium was found: apt-get install chromium, or set CHROMIUM_PATH.');
  const home = await makeTempHome();
  let feed: ConsoleFeed | undefined;
  try {
    const program = await startConsole(home);
    const browser = await chromium.launch({ executablePath, args: [...chromiumFlags, interpretedOnly] });
    try {
      feed = await startConsoleFeed(program.consoleUrl, sandboxes);
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      await page.goto(program.link.replace(program.consoleUrl, feed.url));
      await page.getByRole('heading', { level: 1 }).waitFor();
      return await soak(page, rounds);
    } finally {
      await browser.close();
      await feed?.close();
      await program.stop();
    }
  } finally {
    await home.remove();
  }
}

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '200' }, sandboxes: { type: 'string', default: '20' } },
});
const rounds = Number(values.rounds);
const samples = await run(rounds, Number(values.sandboxes));
const { table, isFlat } = conclude(samples, rounds);
const visits = (rounds * places.length).toLocaleString('en');
process.stdout.write(`${table}\n\n${visits} visits. Load ${(loadavg()[0] ?? 0).toFixed(1)}.\n`);
const folder = join(import.meta.dirname, '../.cache/bench');
await mkdir(folder, { recursive: true });
await writeFile(join(folder, 'renderer-soak.json'), `${JSON.stringify({ rounds, isFlat, samples }, null, 2)}\n`);
process.exitCode = isFlat ? 0 : 1;

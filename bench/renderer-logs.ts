// The Logs page in real Chromium on the built program: a flood of lines, and a log of a million of them. Needs the build.
//   node bench/renderer-logs.ts [--seconds 60] [--rate 10000] [--lines 1000000]
// Prints one Markdown table and writes .cache/bench/renderer-logs.json.
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Page } from '@playwright/test';
import { chromiumFlags, findChromium } from '../e2e/support/chromium.ts';
import { startConsole, writeConfig } from '../e2e/support/console-program.ts';
import { makeLogFiles } from '../e2e/support/log-files.ts';
import { makeTempHome } from '../e2e/support/temp-home.ts';
import { floodPlugin } from './logs/flood-plugin.ts';
import { longTasks, measureHeap, observe, type Seen } from './logs/page-probe.ts';
import { type Row, toTable } from './sandbox/rows.ts';
import { percentile } from './support/statistics.ts';

interface Options {
  seconds: number;
  /** Lines per second. */
  rate: number;
  lines: number;
}

const jumps = 20;
const scrollMs = 10_000;

/** Rows of one table. */
export async function run({ seconds, rate, lines }: Options): Promise<Row[]> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('No Chromium was found: apt-get install chromium, or set CHROMIUM_PATH.');
  const home = await makeTempHome();
  try {
    await makeLogFiles(home.dataDir, { lines });
    const plugin = join(home.dir, 'flood.mjs');
    await writeFile(plugin, floodPlugin(home.dir));
    await writeConfig(home, { version: 1, plugins: [plugin] });
    const program = await startConsole(home);
    const browser = await chromium.launch({ executablePath, args: [...chromiumFlags, '--enable-precise-memory-info'] });
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      await page.goto(program.link);
      await page.goto(`${program.consoleUrl}/logs`);
      await page.getByRole('slider', { name: 'Position in the log' }).waitFor();
      await observe(page);
      const rows = [...(await measureJumps(page)), ...(await measureScroll(page))];
      await page.goto(`${program.consoleUrl}/logs`);
      await page.getByText('Server is ready.').last().waitFor();
      await observe(page);
      return [...rows, ...(await measureFlood(page, home, { seconds, rate, lines }))];
    } finally {
      await browser.close();
      await program.stop();
    }
  } finally {
    await home.remove();
  }
}

/** From the choice of a place until its lines stand there; the page itself waits 150 ms for a hand that still moves. */
async function measureJumps(page: Page): Promise<Row[]> {
  const times: number[] = [];
  for (let jump = 0; jump < jumps; jump++) {
    times.push(
      await page.evaluate(
        async (share) => {
          const slider = document.querySelector<HTMLInputElement>('input[type=range]');
          if (!slider) throw new Error('There is no slider.');
          const [from, to] = [Number(slider.min), Number(slider.max)];
          const before = location.search;
          const began = performance.now();
          Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(
            slider,
            from + (to - from) * share,
          );
          slider.dispatchEvent(new Event('input', { bubbles: true }));
          const marked = () => document.querySelector('[role=log] [aria-current=true]');
          while (
            location.search === before ||
            marked()?.getAttribute('data-seq') !== /at=(\d+)/.exec(location.search)?.[1]
          ) {
            if (performance.now() - began > 20_000) throw new Error('The place was not reached.');
            await new Promise((resolve) => requestAnimationFrame(resolve));
          }
          return performance.now() - began - 150;
        },
        ((jump * 7) % jumps) / jumps + 0.01,
      ),
    );
  }
  return [{ figure: 'jump by the page, lines drawn, ms', ours: times, goal: '≤ 50 of the console' }];
}

async function measureScroll(page: Page): Promise<Row[]> {
  const heap = await measureHeap(page);
  await page.getByRole('log').hover();
  await longTasks(page);
  const frames = await page.evaluate(async (ms) => {
    const box = document.querySelector('[role=log]');
    const deltas: number[] = [];
    let before = performance.now();
    const end = before + ms;
    for (let now = before; now < end; before = now) {
      box?.scrollBy(0, 300);
      now = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
      deltas.push(now - before);
    }
    return deltas;
  }, scrollMs);
  const tasks = await longTasks(page);
  return [
    {
      figure: 'scroll at 300 px a frame, time between frames, ms: p50',
      ours: [percentile(frames, 0.5)],
      goal: '16.7 on a quiet machine',
    },
    { figure: '… p95', ours: [percentile(frames, 0.95)], goal: '–' },
    { figure: '… longest task, ms', ours: [longest(tasks)], goal: '≤ 100' },
    { figure: '… heap before and after, MB', ours: [heap, await measureHeap(page)], goal: 'bounded' },
  ];
}

async function measureFlood(
  page: Page,
  home: { dir: string; dataDir: string },
  { seconds, rate, lines }: Options,
): Promise<Row[]> {
  const heaps = [await measureHeap(page)];
  await writeFile(join(home.dir, 'flood.json'), JSON.stringify({ seconds, rate }));
  const done = join(home.dir, 'flood-done.json');
  const tasks: Seen[] = [];
  while (!existsSync(done)) {
    await page.waitForTimeout(5000);
    tasks.push(...(await longTasks(page)));
    heaps.push(await measureHeap(page));
  }
  const { count, tookMs } = JSON.parse(await readFile(done, 'utf8')) as { count: number; tookMs: number };
  const last = page
    .getByRole('log')
    .getByText(`flood ${count - 1} `)
    .last();
  await last.waitFor({ timeout: 30_000 });
  const inFiles = await countFlood(home.dataDir);
  return [
    { figure: `flood of ${seconds} s: lines per second`, ours: [count / (tookMs / 1000)], goal: String(rate) },
    { figure: '… lines that are not in the files', ours: [count - inFiles], goal: '0' },
    { figure: '… tasks over 50 ms', ours: [tasks.length], goal: '–' },
    { figure: '… longest task, ms', ours: [longest(tasks)], goal: '≤ 100' },
    { figure: `… heap every 5 s, after a collection, MB (of a log of ${lines} lines)`, ours: heaps, goal: 'bounded' },
  ];
}

async function countFlood(dataDir: string): Promise<number> {
  let count = 0;
  for (const name of await readdir(join(dataDir, 'logs'))) {
    count += (await readFile(join(dataDir, 'logs', name), 'utf8')).split('"msg":"flood ').length - 1;
  }
  return count;
}

function longest(tasks: readonly Seen[]): number {
  return tasks.reduce((most, { duration }) => Math.max(most, duration), 0);
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      rate: { type: 'string', default: '10000' },
      lines: { type: 'string', default: '1000000' },
    },
  });
  const before = loadavg()[0] ?? 0;
  const rows = await run({
    seconds: Number(values.seconds),
    rate: Number(values.rate),
    lines: Number(values.lines),
  });
  const load = `${before.toFixed(1)} before, ${(loadavg()[0] ?? 0).toFixed(1)} after`;
  process.stdout.write(`${toTable(rows)}\n\nMedian (least–most). Load ${load}.\n`);
  const folder = join(import.meta.dirname, '../.cache/bench');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'renderer-logs.json'), `${JSON.stringify({ load, rows }, null, 2)}\n`);
}

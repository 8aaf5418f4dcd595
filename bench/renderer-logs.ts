// The Logs page in real Chromium on the built program: a flood of lines, and a log of a million of them. Needs the build.
//   node bench/renderer-logs.ts [--seconds 60] [--rate 10000] [--lines 1000000]
// Prints one Markdown table and writes .cache/bench/renderer-logs.json.
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Browser, chromium, type Page } from '@playwright/test';
import { chromiumFlags, findChromium } from '../e2e/support/chromium.ts';
import { startConsole, writeConfig } from '../e2e/support/console-program.ts';
import { makeLogFiles } from '../e2e/support/log-files.ts';
import { makeTempHome } from '../e2e/support/temp-home.ts';
import { floodPlugin } from './logs/flood-plugin.ts';
import { countNodes, measureHeap } from './logs/page-probe.ts';
import { servePlainList } from './logs/plain-list.ts';
import { type TaskTimes, traceTasks } from './logs/thread-time.ts';
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
      const rows = [...(await measureJumps(page)), ...(await measureScroll(browser, page))];
      await page.goto(`${program.consoleUrl}/logs`);
      await page.getByText('Server is ready.').last().waitFor();
      const floor = await measurePlainList(browser, Math.min(10, seconds));
      return [...rows, ...(await measureFlood(browser, page, home, { seconds, rate, lines }, floor))];
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

async function measureScroll(browser: Browser, page: Page): Promise<Row[]> {
  const heap = await measureHeap(page);
  await page.getByRole('log').hover();
  let frames: number[] = [];
  const tasks = await traceTasks(browser, page, async () => {
    frames = await page.evaluate(scrollFor, scrollMs);
  });
  return [
    {
      figure: 'scroll at 300 px a frame, time between frames, ms: p50',
      ours: [percentile(frames, 0.5)],
      goal: '16.7 on a quiet machine',
    },
    { figure: '… p95', ours: [percentile(frames, 0.95)], goal: '–' },
    { figure: '… longest task, ms on a core', ours: [tasks.longestThreadMs], goal: '≤ 100' },
    { figure: '… longest task, ms of wall time', ours: [tasks.longestMs], goal: '–' },
    { figure: '… time on a core, ms per second', ours: [tasks.threadMsPerSecond], goal: '–' },
    { figure: '… heap before and after, MB', ours: [heap, await measureHeap(page)], goal: 'bounded' },
  ];
}

/** Runs in the page. Resolves with the times between frames. */
async function scrollFor(ms: number): Promise<number[]> {
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
}

async function measurePlainList(browser: Browser, seconds: number): Promise<TaskTimes> {
  const plain = await servePlainList();
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  try {
    await page.goto(plain.url);
    await page.getByText('flood ').first().waitFor();
    return await traceTasks(browser, page, () => page.waitForTimeout(seconds * 1000));
  } finally {
    await page.close();
    await plain.close();
  }
}

async function measureFlood(
  browser: Browser,
  page: Page,
  home: { dir: string; dataDir: string },
  { seconds, rate, lines }: Options,
  floor: TaskTimes,
): Promise<Row[]> {
  const heaps = [await measureHeap(page)];
  const done = join(home.dir, 'flood-done.json');
  const tasks = await traceTasks(browser, page, async () => {
    await writeFile(join(home.dir, 'flood.json'), JSON.stringify({ seconds, rate }));
    const latest = performance.now() + (3 * seconds + 60) * 1000;
    while (!existsSync(done)) {
      if (performance.now() > latest) throw new Error('The flood did not end: the program is gone, or far too slow.');
      await page.waitForTimeout(100);
    }
  });
  heaps.push(await measureHeap(page));
  const { count, tookMs } = JSON.parse(await readFile(done, 'utf8')) as { count: number; tookMs: number };
  const last = page
    .getByRole('log')
    .getByText(`flood ${count - 1} `)
    .last();
  await last.waitFor({ timeout: 30_000 });
  const inFiles = await countFlood(home.dataDir);
  const against = 'the same list with rows of bare text, made in the page';
  return [
    { figure: `flood of ${seconds} s: lines per second`, ours: [count / (tookMs / 1000)], goal: String(rate) },
    { figure: '… lines that are not in the files', ours: [count - inFiles], goal: '0' },
    { figure: '… tasks over 50 ms on a core', ours: [tasks.long], goal: '0' },
    {
      figure: '… longest task, ms on a core',
      floor: [floor.longestThreadMs],
      ours: [tasks.longestThreadMs],
      goal: '≤ 100',
      against,
    },
    {
      figure: '… longest task, ms of wall time',
      floor: [floor.longestMs],
      ours: [tasks.longestMs],
      goal: '–',
      against,
    },
    {
      figure: '… time on a core, ms per second',
      floor: [floor.threadMsPerSecond],
      ours: [tasks.threadMsPerSecond],
      goal: '–',
      against,
    },
    { figure: '… elements per row', ours: [await countNodes(page)], goal: '–' },
    { figure: `… heap before and after, MB (of a log of ${lines} lines)`, ours: heaps, goal: 'bounded' },
  ];
}

async function countFlood(dataDir: string): Promise<number> {
  let count = 0;
  for (const name of await readdir(join(dataDir, 'logs'))) {
    count += (await readFile(join(dataDir, 'logs', name), 'utf8')).split('"msg":"flood ').length - 1;
  }
  return count;
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

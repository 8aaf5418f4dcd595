// The console's page in real Chromium on the built program: how soon it can be used, and a list of 100,000 sessions while
// it is scrolled. Needs the build.
//   node bench/renderer.ts [--starts 5] [--seconds 10]
// Prints one Markdown table and writes .cache/bench/renderer.json.
import { mkdir, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Browser, type BrowserContext, chromium, type Page } from '@playwright/test';
import { chromiumFlags, findChromium } from '../e2e/support/chromium.ts';
import { startConsole } from '../e2e/support/console-program.ts';
import { makeTempHome } from '../e2e/support/temp-home.ts';
import { longTasks, observe } from './logs/page-probe.ts';
import { pause, type Row, toTable } from './sandbox/rows.ts';
import { makeSessions, sessionsInBench } from './sessions/make-sessions.ts';
import { percentile } from './support/statistics.ts';

interface Options {
  starts: number;
  seconds: number;
}

/** Rows of one table. */
export async function run({ starts, seconds }: Options): Promise<Row[]> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('No Chromium was found: apt-get install chromium, or set CHROMIUM_PATH.');
  const home = await makeTempHome();
  try {
    await makeSessions(home.dataDir, 'default');
    const program = await startConsole(home);
    const browser = await chromium.launch({ executablePath, args: chromiumFlags });
    try {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
      const page = await context.newPage();
      await page.goto(program.link);
      await page.getByRole('heading', { level: 1 }).waitFor();
      const start = await measureStarts(browser, context, program.consoleUrl, starts);
      return [...start, ...(await measureSessions(page, program.consoleUrl, seconds))];
    } finally {
      await browser.close();
      await program.stop();
    }
  } finally {
    await home.remove();
  }
}

/** Each in a context without a cache, signed in by the cookie. The floor: a page that holds nothing, from the same server. */
async function measureStarts(
  browser: Browser,
  signedIn: BrowserContext,
  consoleUrl: string,
  starts: number,
): Promise<Row[]> {
  const usable: number[] = [];
  const floor: number[] = [];
  const storageState = await signedIn.storageState();
  for (let start = 0; start < starts; start += 1) {
    const context = await browser.newContext({ storageState, viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    floor.push(await timeUntil(page, `${consoleUrl}/health-of-nothing.txt`, 'html'));
    usable.push(await timeUntil(page, `${consoleUrl}/`, 'h1'));
    await context.close();
  }
  const against = 'an answer without scripts in the same browser';
  return [{ figure: 'console usable (its heading stands), ms', ours: usable, floor, against, goal: '≤ 1,000' }];
}

async function timeUntil(page: Page, url: string, selector: string): Promise<number> {
  const startedAt = performance.now();
  await page.goto(url, { waitUntil: 'commit' });
  await page.locator(selector).first().waitFor();
  return performance.now() - startedAt;
}

/** Scrolls through the list and jumps to its end, the way a person drags. */
async function measureSessions(page: Page, consoleUrl: string, seconds: number): Promise<Row[]> {
  await page.goto(`${consoleUrl}/sessions`);
  const list = page.getByRole('grid').first();
  // The index is made from the files first.
  await list.getByRole('row').nth(5).waitFor({ timeout: 300_000 });
  await observe(page);
  const frames = await page.evaluate(async (ms) => {
    const scroller = document.querySelector('[data-virtuoso-scroller]') ?? document.scrollingElement;
    const times: number[] = [];
    let before = performance.now();
    const end = before + ms;
    while (before < end && scroller) {
      scroller.scrollTop += 400;
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const now = performance.now();
      times.push(now - before);
      before = now;
    }
    return times;
  }, seconds * 1000);
  await pause(500);
  const tasks = (await longTasks(page)).map(({ duration }) => duration);
  const of = `of ${sessionsInBench.toLocaleString('en')} sessions`;
  return [
    { figure: `scrolling the list ${of}: time between frames, p50, ms`, ours: [percentile(frames, 0.5)], goal: '≤ 50' },
    { figure: '… p95, ms', ours: [percentile(frames, 0.95)], goal: '≤ 50' },
    { figure: '… longest task, ms', ours: [Math.max(0, ...tasks)], goal: '≤ 50' },
  ];
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { starts: { type: 'string', default: '5' }, seconds: { type: 'string', default: '10' } },
  });
  const before = loadavg()[0] ?? 0;
  const rows = await run({ starts: Number(values.starts), seconds: Number(values.seconds) });
  const load = `${before.toFixed(1)} before, ${(loadavg()[0] ?? 0).toFixed(1)} after`;
  process.stdout.write(`${toTable(rows)}\n\nMedian (least–most). Load ${load}.\n`);
  const folder = join(import.meta.dirname, '../.cache/bench');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'renderer.json'), `${JSON.stringify({ load, rows }, null, 2)}\n`);
}

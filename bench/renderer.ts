// The console's page in real Chromium on the built program: how soon it can be used, a list of 100,000 sessions while it is
// made and scrolled, and the use of 50 sandboxes as it arrives. Needs the build.
//   node bench/renderer.ts [--starts 5] [--seconds 10] [--only start,sessions,sandboxes]
// Prints one Markdown table and writes .cache/bench/renderer.json.
import { mkdir, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Browser, type BrowserContext, chromium, type Page } from '@playwright/test';
import { chromiumFlags, findChromium } from '../e2e/support/chromium.ts';
import { startConsole } from '../e2e/support/console-program.ts';
import { makeTempHome } from '../e2e/support/temp-home.ts';
import { measureSandboxes } from './renderer/sandboxes.ts';
import { measureSessions } from './renderer/sessions.ts';
import { type Row, toTable } from './sandbox/rows.ts';
import { makeSessions } from './sessions/make-sessions.ts';

interface Options {
  starts: number;
  seconds: number;
  /** All when absent. */
  only?: readonly string[];
}

/** Rows of one table. */
export async function run({ starts, seconds, only }: Options): Promise<Row[]> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('No Chromium was found: apt-get install chromium, or set CHROMIUM_PATH.');
  const home = await makeTempHome();
  try {
    const isWanted = (part: string) => only === undefined || only.includes(part);
    if (isWanted('sessions')) await makeSessions(home.dataDir, 'default');
    const program = await startConsole(home);
    const browser = await chromium.launch({ executablePath, args: chromiumFlags });
    try {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
      const page = await context.newPage();
      await page.goto(program.link);
      await page.getByRole('heading', { level: 1 }).waitFor();
      const { consoleUrl } = program;
      // First: the index is made once.
      const sessions = isWanted('sessions') ? await measureSessions(browser, page, { consoleUrl, seconds }) : [];
      return [
        ...(isWanted('start') ? await measureStarts(browser, context, consoleUrl, starts) : []),
        ...sessions,
        ...(isWanted('sandboxes') ? await measureSandboxes(browser, page, { consoleUrl, seconds }) : []),
      ];
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

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      starts: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '10' },
      only: { type: 'string' },
    },
  });
  const before = loadavg()[0] ?? 0;
  const rows = await run({
    starts: Number(values.starts),
    seconds: Number(values.seconds),
    ...(values.only !== undefined && { only: values.only.split(',') }),
  });
  const load = `${before.toFixed(1)} before, ${(loadavg()[0] ?? 0).toFixed(1)} after`;
  process.stdout.write(`${toTable(rows)}\n\nMedian (least–most). Load ${load}.\n`);
  const folder = join(import.meta.dirname, '../.cache/bench');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'renderer.json'), `${JSON.stringify({ load, rows }, null, 2)}\n`);
}

import type { Browser, Page } from '@playwright/test';
import { pause, type Row } from '../sandbox/rows.ts';
import { startConsoleFeed } from './console-feed.ts';
import { openMetrics, readCpu } from './page-work.ts';

const sandboxes = 50;
/** The lines are as long as they get after a minute. */
const fillMs = 60_000;

/** The Sandboxes page with the use of so many as it arrives once a second. */
export async function measureSandboxes(
  browser: Browser,
  page: Page,
  { consoleUrl, seconds }: { consoleUrl: string; seconds: number },
): Promise<Row[]> {
  const feed = await startConsoleFeed(consoleUrl, sandboxes);
  try {
    await page.goto(`${feed.url}/sandboxes`);
    await page.getByRole('row').nth(sandboxes).waitFor();
    await pause(fillMs);
    const session = await openMetrics(page);
    const before = await readCpu(browser, session);
    const startedAt = performance.now();
    await pause(seconds * 1000);
    const elapsed = (performance.now() - startedAt) / 1000;
    const after = await readCpu(browser, session);
    await session.detach();
    const share = (part: keyof typeof before) => [((after[part] - before[part]) / elapsed) * 100];
    const figure = `${sandboxes} sandboxes with live lines: the page's process, % of a core`;
    return [
      { figure, ours: share('renderer'), goal: '≤ 10' },
      { figure: '… its main thread, % of a core', ours: share('main'), goal: '≤ 10' },
      { figure: '… all of Chromium, which paints without a graphics card, % of a core', ours: share('all'), goal: '–' },
    ];
  } finally {
    await feed.close();
  }
}

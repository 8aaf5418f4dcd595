/**
 * `node scripts/screenshots.ts [folder]`: pictures of every page, light and dark, English and Chinese, from a console of
 * its own with the offline demo model. For looking at; nothing compares them.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from '@playwright/test';
import { chromiumFlags, findChromium } from '../e2e/support/chromium.ts';
import { startConsole } from '../e2e/support/console-program.ts';
import { makeTempHome } from '../e2e/support/temp-home.ts';

const folder = process.argv[2] ?? join(import.meta.dirname, '../screenshots');
const pages = [
  'overview',
  'playground',
  'sessions',
  'sandboxes',
  'logs',
  'knowledge',
  'skills',
  'memory',
  'health',
  'health/doctor',
  'health/bundle',
  'secrets',
  'data',
  'readiness',
  'deploy',
  'settings',
  'first-run',
];
const looks = [
  { theme: 'light', language: 'en' },
  { theme: 'dark', language: 'en' },
  { theme: 'light', language: 'zh-CN' },
] as const;

const executablePath = findChromium();
if (!executablePath) throw new Error('No Chromium was found: apt-get install chromium, or set CHROMIUM_PATH.');
mkdirSync(folder, { recursive: true });
const home = await makeTempHome();
const program = await startConsole(home);
const browser = await chromium.launch({ executablePath, args: chromiumFlags });
const context = await browser.newContext({ viewport: { width: 1280, height: 820 }, deviceScaleFactor: 2 });
try {
  const page = await context.newPage();
  await page.goto(program.link);
  await runDemo(page);
  for (const look of looks) await takeAll(page, look);
} finally {
  await browser.close();
  await program.stop();
  await home.remove();
}

/** Gives the pages something to show. */
async function runDemo(page: Page): Promise<void> {
  await page.goto(`${program.consoleUrl}/playground`);
  await page.getByRole('textbox', { name: 'Message' }).fill('List the files, then write hello.py and run it.');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText('Done', { exact: true }).waitFor({ timeout: 60_000 });
}

async function takeAll(page: Page, { theme, language }: (typeof looks)[number]): Promise<void> {
  await page.evaluate((wanted) => localStorage.setItem('agentrail.language', wanted), language);
  const session = new URL(page.url()).pathname;
  for (const name of pages) {
    const path =
      name === 'overview' ? '/' : name === 'playground' && session.startsWith('/playground/') ? session : `/${name}`;
    const shown = await context.newPage();
    await shown.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await shown.goto(program.consoleUrl + path);
    await shown.locator('h1').waitFor();
    await shown.waitForTimeout(1500); // figures and fonts settle
    await shown.screenshot({ path: join(folder, `${name.replace('/', '-')}-${theme}-${language}.png`) });
    await shown.close();
  }
}

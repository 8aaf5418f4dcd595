/**
 * `node scripts/screenshots.ts [--out folder] [--only word,…] [--docs]`: pictures of every page, tab and dialog from a
 * console of its own with the offline demo model: two sizes, light and dark, English and Chinese. For looking at;
 * nothing compares them. `--only overview,dark-en` takes those whose names hold one of the words; `--docs` makes the
 * few that README shows, in docs/images.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type BrowserContext, chromium, type Page } from '@playwright/test';
import { chromiumFlags, findChromium } from '../e2e/support/chromium.ts';
import { startConsole } from '../e2e/support/console-program.ts';
import { openings, openOver, pagePaths } from '../e2e/support/places.ts';
import { makeTempHome } from '../e2e/support/temp-home.ts';

const { values: options } = parseArgs({
  options: { out: { type: 'string' }, only: { type: 'string' }, docs: { type: 'boolean', default: false } },
});
const root = join(import.meta.dirname, '..');
const folder = options.out ?? join(root, options.docs ? 'docs/images' : 'screenshots');
const only = options.only?.split(',');
const looks = [
  { theme: 'light', language: 'en' },
  { theme: 'dark', language: 'en' },
  { theme: 'light', language: 'zh-CN' },
] as const;
const sizes = [
  { width: 1280, height: 800 },
  { width: 900, height: 600 },
] as const;
type Look = (typeof looks)[number];
type Size = (typeof sizes)[number];

interface Shot {
  name: string;
  path: string;
  open?(page: Page, language: Look['language']): Promise<unknown>;
}

const executablePath = findChromium();
if (!executablePath) throw new Error('No Chromium was found: apt-get install chromium, or set CHROMIUM_PATH.');
mkdirSync(folder, { recursive: true });
const home = await makeTempHome();
const program = await startConsole(home);
const browser = await chromium.launch({ executablePath, args: chromiumFlags });
try {
  const context = await browser.newContext({ reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(program.link);
  const places = await runDemo(page);
  if (options.docs) await takeForDocs(context, places);
  else await takeAll(context, places);
} finally {
  await browser.close();
  await program.stop();
  await home.remove();
}

interface Places {
  chat: string;
  session: string;
  sandbox: string | undefined;
}

/** Gives the pages something to show. */
async function runDemo(page: Page): Promise<Places> {
  await page.goto(`${program.consoleUrl}/playground`);
  await page.getByRole('textbox', { name: 'Message' }).fill('List the files, then write hello.py and run it.');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText('Done', { exact: true }).waitFor({ timeout: 60_000 });
  const chat = new URL(page.url()).pathname;
  await page.goto(`${program.consoleUrl}/sandboxes`);
  const row = page.locator('a[href^="/sandboxes/"]', { hasText: 'List the files' });
  const hasSandbox = await row.waitFor({ timeout: 5000 }).then(
    () => true,
    () => false,
  );
  const sandbox = hasSandbox ? await row.getAttribute('href') : null;
  return { chat, session: `/sessions/default/default/${chat.split('/').at(-1)}`, sandbox: sandbox ?? undefined };
}

function shotsOf({ chat, session, sandbox }: Places): Shot[] {
  const nameOf = (path: string) => (path === '/' ? 'overview' : path.slice(1).replaceAll('/', '-'));
  return [
    ...pagePaths.map((path) => ({ name: nameOf(path), path: path === '/playground' ? chat : path })),
    { name: 'playground-empty', path: '/playground' },
    ...['transcript', 'trace', 'usage', 'files'].map((tab) => ({
      name: `session-${tab}`,
      path: `${session}?tab=${tab}`,
    })),
    ...(sandbox === undefined ? [] : ['summary', 'logs', 'processes', 'files', 'terminal', 'stats', 'inspect']).map(
      (tab) => ({ name: `sandbox-${tab}`, path: `${sandbox}?tab=${tab}` }),
    ),
    ...openings.map((opening) => ({
      name: `over-${opening.name}`,
      path: opening.path,
      open: (page: Page, language: Look['language']) => openOver(page, opening, language),
    })),
  ];
}

async function takeAll(context: BrowserContext, places: Places): Promise<void> {
  for (const look of looks)
    for (const size of sizes)
      for (const shot of shotsOf(places)) {
        const name = `${shot.name}-${look.theme}-${look.language}-${size.width}`;
        if (!only || only.some((word) => name.includes(word))) await take(context, shot, look, size, `${name}.png`);
      }
}

async function takeForDocs(context: BrowserContext, places: Places): Promise<void> {
  const [english, dark, chinese] = looks;
  const size = { width: 1180, height: 760 } as unknown as Size;
  const shots = new Map(shotsOf(places).map((shot) => [shot.name, shot]));
  for (const [name, look, file] of [
    ['playground', english, 'playground.png'],
    ['sandboxes', dark, 'sandboxes.png'],
    ['overview', english, 'overview.png'],
    ['overview', chinese, 'overview.zh-CN.png'],
  ] as const) {
    const shot = shots.get(name);
    if (shot) await take(context, shot, look, size, file);
  }
}

async function take(context: BrowserContext, shot: Shot, look: Look, size: Size, file: string): Promise<void> {
  const page = await context.newPage();
  try {
    await page.addInitScript((wanted) => localStorage.setItem('agentrail.language', wanted), look.language);
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme: look.theme });
    await page.goto(program.consoleUrl + shot.path);
    await page.locator('h1').waitFor();
    await shot.open?.(page, look.language);
    await page.waitForTimeout(900); // figures and fonts settle
    await page.screenshot({ path: join(folder, file) });
  } catch (error) {
    console.warn(`${file} was not taken: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
  } finally {
    await page.close();
  }
}

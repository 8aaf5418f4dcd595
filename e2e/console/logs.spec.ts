import { appendFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { accessibilityFaults } from '../support/accessibility-faults.ts';
import { expect, signIn, test } from '../support/console-test.ts';
import { lineOf, makeLogFiles } from '../support/log-files.ts';

const total = 30_000;

test.beforeEach(async ({ home, start, page }) => {
  await makeLogFiles(home.dataDir, { lines: total, perFile: 8000, everyMs: 200 });
  const [name = ''] = (await readdir(join(home.dataDir, 'logs'))).sort().reverse();
  const odd = [
    '{"seq":1,"damaged',
    'x'.repeat(1_200_000),
    JSON.stringify({
      ...lineOf(total + 1, Date.now()),
      component: 'sandbox',
      msg: '\u001b[31mred alert\u001b[0m \u0000',
    }),
    Buffer.from([0x7b, 0xff, 0xfe]).toString('latin1'),
  ];
  await appendFile(join(home.dataDir, 'logs', name), `${odd.join('\n')}\n`);
  await signIn(page, await start());
  await page.getByRole('link', { name: 'Logs' }).click();
  await expect(list(page).getByRole('button').first()).toBeVisible();
});

const list = (page: Page) => page.getByRole('log', { name: 'Log lines' });
const row = (page: Page, text: string | RegExp) => list(page).getByRole('button', { name: text });
const search = (page: Page) => page.getByRole('searchbox', { name: 'Search, or /regex/' });

/** The server is restarted, which it logs. */
async function makeLines(page: Page): Promise<void> {
  const status = await page.evaluate(async () => {
    const headers = { 'X-Agentrail-Console': '1', 'Content-Type': 'application/json' };
    return (
      await fetch('/console/api/server/restart', { method: 'POST', headers, body: JSON.stringify({ mode: 'now' }) })
    ).status;
  });
  expect(status).toBeLessThan(300);
}

async function choose(page: Page, select: string, option: string): Promise<void> {
  await page.getByRole('combobox', { name: select }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

test('all sources stand in one stream, damaged lines harm none of it, and new lines follow', async ({ page }) => {
  await expect(page.getByText(/^Live · 30,\d{3} lines kept$/)).toBeVisible();
  await choose(page, 'Source', 'Sandboxes');
  await expect(row(page, 'red alert ␀')).toBeVisible();
  await expect(list(page).locator('.text-bad', { hasText: 'red alert' })).toBeVisible();
  await choose(page, 'Source', 'Runs');
  await expect(row(page, 'Answered request 29,')).toHaveCount(0);
  await expect(row(page, /Answered request 2999\d/).first()).toBeVisible();
  await choose(page, 'Source', 'All sources');

  const newest = await row(page, /./).last().textContent();
  await makeLines(page);
  await expect(row(page, /./).last()).not.toHaveText(newest ?? '');
  await expect(row(page, /./).last()).toBeInViewport();
});

test('text, expressions, level, exclusion and time narrow it, and a faulty or endless expression is told', async ({
  page,
}) => {
  await search(page).fill('needle');
  await expect(row(page, 'needle')).toHaveCount(3);
  await search(page).fill('/needle [12]0000$/');
  await expect(row(page, 'needle')).toHaveCount(2);
  await page.getByRole('searchbox', { name: 'Exclude' }).fill('20000');
  await expect(row(page, 'needle')).toHaveCount(1);
  await expect(row(page, 'needle 10000')).toBeVisible();
  await page.getByRole('searchbox', { name: 'Exclude' }).fill('');

  await search(page).fill('/(/');
  await expect(page.getByRole('alert')).toContainText('This is not a valid regular expression');
  await search(page).fill('/^(?=(A+|A|n)+)(([a-zA-Z ]+)+)+;$/');
  await expect(page.getByRole('alert')).toContainText('takes too long', { timeout: 30_000 });
  await search(page).fill('nothing like this');
  await expect(page.getByText('No line matches the filters.')).toBeVisible();
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await page.getByRole('button', { name: 'Error' }).click();
  await expect(row(page, 'status=200')).toHaveCount(0);
  await expect(row(page, 'status=500').first()).toBeVisible();
  await choose(page, 'Time', 'Last 15 min');
  await expect(page).toHaveURL(/since=15m/);
  await expect(row(page, 'status=500').first()).toBeVisible();
});

test('a value in a line is filtered for and out, and the line is seen in its context', async ({ page }) => {
  await search(page).fill('needle 20000');
  await row(page, 'needle 20000').click();
  const fields = page.getByRole('region', { name: 'Fields of the line' });
  await fields.getByRole('button', { name: 'Only lines with this sessionId' }).click();
  await expect(page.getByText('session ses_0')).toBeVisible();
  await search(page).fill('');
  await expect(row(page, 'needle 20000')).toBeVisible();
  await expect(row(page, /Answered request 25000/)).toBeVisible();
  await page.getByRole('button', { name: 'Remove filter: session ses_0' }).click();

  await search(page).fill('needle');
  await row(page, 'needle 20000').click();
  await fields.getByRole('button', { name: 'Leave out lines with this ms', exact: true }).click();
  await expect(page.getByText('ms ≠ 1300')).toBeVisible();
  await expect(row(page, 'needle')).toHaveCount(2);
  await page.getByRole('button', { name: 'Remove filter: ms ≠ 1300' }).click();

  await row(page, 'needle 20000').click();
  await fields.getByRole('button', { name: 'See in context' }).click();
  await expect(row(page, /Answered request 19999/)).toBeVisible();
  await expect(row(page, /Answered request 20001/)).toBeVisible();
  await expect(list(page).locator('[aria-current=true]')).toContainText('needle 20000');
  await page.goBack();
  await expect(row(page, 'needle')).toHaveCount(3);
});

test('any place is jumped to, the whole log is read back from there, and following begins again at the end', async ({
  page,
}) => {
  const position = page.getByRole('slider', { name: 'Position in the log' });
  await position.focus();
  await page.keyboard.press('Home');
  await expect(row(page, 'Answered request 1 of')).toBeVisible();
  await expect(page.getByText('Start of the log')).toBeVisible();
  await expect(page.getByText(/^Paused while you read/)).toBeVisible();
  await list(page).hover();
  await expect(async () => {
    await page.mouse.wheel(0, 20_000);
    await expect(row(page, /Answered request \d{4,5} of/).first()).toBeVisible({ timeout: 500 });
  }).toPass();
  await page.getByRole('button', { name: 'To the newest' }).click();
  await expect(page.getByText(/^Live/)).toBeVisible();
  await expect(row(page, 'red alert')).toBeVisible();
});

test('lines are counted while somebody reads, and hidden without being lost', async ({ page, home }) => {
  await list(page).hover();
  await page.mouse.wheel(0, -3000);
  await expect(page.getByText(/^Paused while you read/)).toBeVisible();
  await makeLines(page);
  await expect(page.getByRole('button', { name: /^\d+ new lines?$/ })).toBeVisible();
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await expect(page.getByText('Lines are hidden. New ones appear as they come.').first()).toBeVisible();
  await page.getByRole('button', { name: 'Show cleared lines' }).click();
  await expect(row(page, /./).first()).toBeVisible();
  expect((await readdir(join(home.dataDir, 'logs'))).length).toBeGreaterThanOrEqual(4);
});

test('a search is kept on the disk, used and removed', async ({ page, home }) => {
  await search(page).fill('needle');
  await expect(row(page, 'needle')).toHaveCount(3);
  await page.getByRole('button', { name: 'Saved' }).click();
  await page.getByRole('menuitem', { name: 'Save this search…' }).click();
  await page.getByLabel('Name').fill('Needles');
  await page.getByLabel('Name').press('Enter');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  expect(JSON.parse(await readFile(join(home.dataDir, 'log-searches.json'), 'utf8'))).toMatchObject({
    searches: [{ name: 'Needles', query: 'text=needle' }],
  });
  await page.goto(new URL('/logs', page.url()).href);
  await page.getByRole('button', { name: 'Saved' }).click();
  await page.getByRole('menuitem', { name: 'Needles', exact: true }).click();
  await expect(search(page)).toHaveValue('needle');
  await expect(row(page, 'needle')).toHaveCount(3);
  await page.getByRole('button', { name: 'Saved' }).click();
  await page.getByRole('menuitem', { name: 'Remove “Needles”' }).click();
  await expect(page.getByRole('menuitem', { name: 'Needles', exact: true })).toHaveCount(0);
});

test('what is filtered and all of it are handed over as a file', async ({ page }) => {
  await search(page).fill('needle');
  await expect(row(page, 'needle')).toHaveCount(3);
  const [filtered] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download filtered' }).click(),
  ]);
  expect((await readFile(await filtered.path(), 'utf8')).trim().split('\n')).toHaveLength(3);
  const [all] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download all' }).click(),
  ]);
  const seqs = (await readFile(await all.path(), 'utf8'))
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text).seq);
  expect(seqs.length).toBeGreaterThan(total);
  expect(seqs.every((seq, place) => seq === place + 1)).toBe(true);
});

test('keys do it all: find, from line to line, open, ends', async ({ page }) => {
  await page.keyboard.press('/');
  await expect(search(page)).toBeFocused();
  await page.keyboard.type('needle');
  await expect(row(page, 'needle')).toHaveCount(3);
  await list(page).focus();
  await page.keyboard.press('k');
  await expect(row(page, 'needle 30000')).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(row(page, 'needle 20000')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: 'Fields of the line' })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: 'Fields of the line' })).toHaveCount(0);
  await page.keyboard.press('j');
  await expect(row(page, 'needle 30000')).toBeFocused();
  await page.keyboard.press('Control+f');
  await expect(search(page)).toBeFocused();
});

test('axe finds nothing, in both themes, with fields and filters open', async ({ page }) => {
  await row(page, 'red alert').click();
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    for (const isOpen of [false, true]) {
      if (isOpen) await page.getByRole('button', { name: 'More' }).click();
      expect(await accessibilityFaults(page)).toEqual([]);
      if (isOpen) await page.keyboard.press('Escape');
    }
  }
});

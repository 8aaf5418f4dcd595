import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { accessibilityFaults } from '../support/accessibility-faults.ts';
import { expect, signIn, test } from '../support/console-test.ts';

test('health is what a client gets, check by check, with evidence', async ({ start, page }) => {
  await signIn(page, await start());
  await page.getByRole('link', { name: 'Health' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Server is (healthy|ready, with warnings)$/);
  const check = (name: string | RegExp) => page.getByRole('listitem').filter({ hasText: name });
  await expect(check('Liveness: GET /health')).toContainText('ok');
  await expect(check('Session store')).toContainText('ok');
  await expect(check('Model provider')).toContainText('warning');
  await expect(check('Model provider').getByRole('link', { name: 'Fix' })).toHaveAttribute('href', '/secrets');

  await check('Readiness: GET /ready').getByRole('button').click();
  await expect(page.getByText(/^curl -i http:\/\/127\.0\.0\.1:\d+\/ready$/)).toBeVisible();
  await expect(page.getByText('Answered with status 200.')).toBeVisible();
  await expect(page.getByRole('img', { name: /^Event-loop lag: now/ })).toBeVisible();
  // What was measured before this page was opened is still there after a reload, and readers have it as a table.
  const measured = page.getByRole('table', { name: 'Event-loop lag' }).getByRole('row');
  await expect.poll(() => measured.count(), { timeout: 20_000 }).toBeGreaterThan(2);
  await page.reload();
  await expect.poll(() => measured.count()).toBeGreaterThan(2);
  await page.getByRole('button', { name: '24 h' }).click();
  await expect(page.getByRole('img', { name: /^Free disk: now/ })).toBeVisible();
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    expect(await accessibilityFaults(page)).toEqual([]);
  }
});

test('a stopped server is not a failed one, and a console that is gone is told from both', async ({ start, page }) => {
  const program = await start();
  await signIn(page, program);
  await page.getByRole('button', { name: 'Stop…' }).click();
  await page.locator('[role$=dialog]').getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Server is stopped');
  await page.getByRole('link', { name: 'Health' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Server does not run');
  const liveness = page.getByRole('listitem').filter({ hasText: 'Liveness' });
  await expect(liveness).toContainText('n/a');
  await expect(page.getByText('failed', { exact: true })).toHaveCount(0);

  await program.stop();
  await expect(page.getByRole('alert').first()).toContainText('The console does not answer');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Health was not checked lately', {
    timeout: 25_000,
  });
  await expect(liveness).toContainText('was: n/a');
});

async function accessible(page: Page): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    expect(await accessibilityFaults(page)).toEqual([]);
  }
}

test('doctor finds keys that others could read, says what it will do, does that, and undoes it', async ({
  home,
  start,
  page,
}) => {
  const program = await start();
  const file = join(home.dataDir, 'api-tokens.json');
  await writeFile(file, '[]', { mode: 0o644 });
  await chmod(file, 0o644);
  await signIn(page, program);
  await page.goto(`${program.consoleUrl}/health/doctor`);
  await page.getByRole('button', { name: 'Examine now' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Some things to look at', { timeout: 40_000 });
  const rights = page.getByRole('listitem').filter({ hasText: 'Rights of files' });
  await expect(rights).toContainText('look');
  await accessible(page);
  await rights.getByRole('button', { name: 'Repair Rights of files…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Make files private' });
  await expect(dialog).toContainText('api-tokens.json 644 → 600');
  await accessible(page);
  await dialog.getByRole('button', { name: 'Repair now' }).click();
  await expect(dialog.getByText('1 done.')).toBeVisible();
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await expect(rights).toContainText('Only this user can read', { timeout: 40_000 });
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByText('undone', { exact: true })).toBeVisible();
  expect((await stat(file)).mode & 0o777).toBe(0o644);
});

test('a support bundle is chosen, looked through line by line, masked by hand and fetched', async ({
  console: page,
  shared,
}) => {
  await page.goto(`${shared.consoleUrl}/health/bundle`);
  await page.getByRole('button', { name: 'Gather…' }).click();
  await page.getByRole('button', { name: /^program\.json/ }).click({ timeout: 40_000 });
  await expect(page.getByText('"platform"').first()).toBeVisible();
  await accessible(page);
  await page.getByRole('searchbox', { name: 'Find in this file' }).fill('"arch"');
  await expect(page.getByText('1 line', { exact: true })).toBeVisible();
  await page.getByLabel('Mask a text').fill(`"${process.arch}"`);
  await page.getByRole('button', { name: 'Mask', exact: true }).click();
  await expect(page.getByText('[redacted by hand]').first()).toBeVisible();
  await page.getByRole('checkbox', { name: 'Put logs.ndjson in' }).click();
  const downloading = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download zip' }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toMatch(/^agentrail-support-\d{8}T\d{4}\.zip$/);
  const zip = (await readFile(await download.path())).toString('latin1');
  expect(zip.startsWith('PK')).toBe(true);
  expect(zip).toContain('program.json');
  expect(zip).not.toContain('logs.ndjson');
});

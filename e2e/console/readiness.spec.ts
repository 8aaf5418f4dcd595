import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { accessibilityFaults } from '../support/accessibility-faults.ts';
import { expect, signIn, test } from '../support/console-test.ts';

const item = (page: Page, name: string) => page.getByRole('listitem').filter({ hasText: name });
const heading = (page: Page) => page.getByRole('heading', { level: 1 });

async function expectAccessible(page: Page): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    // Colours that are on their way from one theme to the other are neither's.
    await expect.poll(() => page.evaluate(() => document.getAnimations().length)).toBe(0);
    expect(await accessibilityFaults(page)).toEqual([]);
  }
}

test('the checklist tests itself, shows evidence, is fixed, waived and exported', async ({ start, page }) => {
  await signIn(page, await start());
  await page.getByRole('link', { name: 'Readiness' }).click();
  await expect(heading(page)).toHaveText('Readiness was never tested');
  await page.getByRole('button', { name: 'Test now' }).click();
  await expect(heading(page)).toHaveText(/^\d+ things to fix$/, { timeout: 60_000 });
  const toFix = Number((await heading(page).innerText()).split(' ')[0]);

  const health = item(page, '/health is registered and answers');
  await expect(health).toContainText(/passed/);
  await health.getByRole('button', { name: /^.health is registered/ }).click();
  await expect(health.getByText(/^GET http:\/\/127\.0\.0\.1:\d+\/health$/)).toBeVisible();
  await expect(health.getByText(/^200 .* ms$/).first()).toBeVisible();
  await expect(page).toHaveURL(/\/readiness#health$/);
  await expectAccessible(page);

  const logs = item(page, 'Logs are collected');
  await expect(logs).toContainText('warning');
  await logs.getByRole('button', { name: 'Keep logs 30 days' }).click();
  await page.locator('[role$=dialog]').getByRole('button', { name: 'Keep logs 30 days' }).click();
  await expect(logs).toContainText('passed');
  await expect(heading(page)).toHaveText(`${toFix - 1} things to fix`);

  const origins = item(page, 'CORS origins are explicit');
  await origins.getByRole('button', { name: 'Set origins…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Origins that may use the server' });
  await dialog.getByLabel('Origins').fill('https://app.example.com\n*');
  await dialog.getByRole('button', { name: 'Set origins' }).click();
  await expect(dialog.getByText('“*” is no origin.')).toBeVisible();
  await dialog.getByLabel('Origins').fill('https://app.example.com');
  await dialog.getByRole('button', { name: 'Set origins' }).click();
  await expect(origins).toContainText('passed');
  await expect(heading(page)).toHaveText(`${toFix - 2} things to fix`);

  const update = item(page, 'The program is up to date');
  await update.getByRole('button', { name: 'More for: The program is up to date' }).click();
  await page.getByRole('menuitem', { name: 'Waive…' }).click();
  const waiving = page.getByRole('dialog', { name: 'Waive: The program is up to date' });
  await expect(waiving.getByRole('button', { name: 'Waive', exact: true })).toBeDisabled();
  await waiving.getByLabel('Reason').fill('We follow the releases ourselves');
  await expectAccessible(page);
  await waiving.getByRole('button', { name: 'Waive', exact: true }).click();
  await expect(update).toContainText('could not check, waived');
  await expect(update).toContainText('We follow the releases ourselves');
  await expect(heading(page)).toHaveText(`${toFix - 3} things to fix`);
  await page.reload();
  await expect(update).toContainText('could not check, waived');

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'As Markdown' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('agentrail-readiness.md');
  const text = await readFile(await download.path(), 'utf8');
  expect(text).toContain(`# Production readiness: ${toFix - 3} things to fix, 1 waived`);
  expect(text).toContain('We follow the releases ourselves');

  await update.getByRole('button', { name: 'More for: The program is up to date' }).click();
  await page.getByRole('menuitem', { name: 'End waiver' }).click();
  await expect(update).not.toContainText('waived');
  await expect(heading(page)).toHaveText(`${toFix - 2} things to fix`);
});

test('an item is reached by its address, tested again and waived with the keyboard alone', async ({ start, page }) => {
  const program = await start();
  await signIn(page, program);
  await page.keyboard.press('ControlOrMeta+k');
  await expect(page.getByRole('combobox', { name: 'Search or run a command' })).toBeFocused();
  await page.keyboard.type('Test readiness');
  await page.keyboard.press('Enter');
  await expect(heading(page)).toHaveText(/^\d+ things to fix$/, { timeout: 60_000 });
  await expect(page.getByRole('button', { name: 'Test all' })).toBeEnabled();

  await page.goto('about:blank');
  await page.goto(`${program.consoleUrl}/readiness#backups`);
  const backups = item(page, 'Backups are made and verified');
  const row = backups.getByRole('button', { name: /Backups are made/ }).first();
  await expect(row).toBeFocused();
  await expect(row).toHaveAttribute('aria-expanded', 'true');
  await page.keyboard.press('Enter');
  await expect(row).toHaveAttribute('aria-expanded', 'false');
  const more = backups.getByRole('button', { name: /^More for/ });
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect(more).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('menuitem', { name: 'Waive…' })).toBeFocused();
  await page.keyboard.press('Enter');
  const reason = page.getByRole('dialog').getByLabel('Reason');
  await expect(reason).toBeVisible();
  await reason.focus();
  await page.keyboard.type('A trial server');
  await page.keyboard.press('Enter');
  await expect(backups).toContainText('failed, waived');
});

test('a console that is gone is told, and what was found stays to be read', async ({ start, page }) => {
  const program = await start();
  await signIn(page, program);
  await page.getByRole('link', { name: 'Readiness' }).click();
  await page.getByRole('button', { name: 'Test now' }).click();
  await expect(heading(page)).toHaveText(/^\d+ things to fix$/, { timeout: 60_000 });
  await program.stop();
  await expect(page.getByRole('alert').first()).toContainText('The console does not answer');
  await expect(item(page, 'The disk has headroom')).toContainText(/passed|warning|failed/);
});

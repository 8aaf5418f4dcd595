import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { accessibilityFaults } from '../support/accessibility-faults.ts';
import { expect, signIn, test } from '../support/console-test.ts';

async function accessible(page: Page): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    expect(await accessibilityFaults(page)).toEqual([]);
  }
}

test('a backup is made, proved and drilled on the Data page, with the command that restores it', async ({
  console: page,
  shared,
}) => {
  await page.goto(`${shared.consoleUrl}/data`);
  await page.getByRole('button', { name: 'Back up now' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('switch', { name: 'With keys and tokens, sealed' }).click();
  await expect(dialog.getByRole('button', { name: 'Back up now' })).toBeDisabled();
  await dialog.getByLabel('Passphrase').fill('correct horse');
  await dialog.getByRole('button', { name: 'Back up now' }).click();
  await expect(page.getByText('read back and compared.').first()).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Last backup');
  await expect(page.getByRole('table').getByText('secrets', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Verify' }).first().click();
  await expect(page.getByText('is whole: ')).toBeVisible();
  await page.getByRole('button', { name: 'Drill' }).first().click();
  await expect(page.getByText('can be restored')).toBeVisible();
  await page.getByRole('button', { name: 'Restore…' }).first().click();
  await expect(page.getByRole('dialog')).toContainText('agentrail restore ');
  const folder = join(tmpdir(), `agentrail-restored-${Date.now()}`);
  await page.getByRole('dialog').getByLabel('Restore into folder').fill(folder);
  await page.getByRole('dialog').getByRole('button', { name: 'Restore there' }).click();
  await expect(page.getByText(`Restored into ${folder}`)).toBeVisible({ timeout: 20_000 });
  expect((await stat(folder)).isDirectory()).toBe(true);
  await rm(folder, { recursive: true });
  await page.getByRole('button', { name: 'Remove…' }).first().click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove backup' }).click();
  await expect(page.getByText('No backup yet.')).toBeVisible();
});

test('all that is kept is looked through, and nothing is found wrong', async ({ console: page, shared }) => {
  await page.goto(`${shared.consoleUrl}/data`);
  await page.getByRole('button', { name: 'Look through all' }).click();
  await expect(page.getByText('findings: 0')).toBeVisible();
});

test('backups are scheduled, growth is drawn, and a reset is asked for, called off and carried out at the next start', async ({
  home,
  start,
  page,
}) => {
  test.slow();
  const folders = { tenants: 4096 };
  const records = [{ at: Date.now() - 3 * 3_600_000, freeBytes: 1e9, folders }];
  await writeFile(join(home.dataDir, 'size-history.json'), JSON.stringify({ version: 1, records }));
  const program = await start();
  await signIn(page, program);
  await page.goto(`${program.consoleUrl}/data`);
  await expect(page.getByRole('img', { name: /^Used: / })).toBeVisible();
  await page.getByRole('button', { name: 'Schedule…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox', { name: 'How often' }).click();
  await page.getByRole('option', { name: 'Every week' }).click();
  await dialog.getByLabel('Time').fill('04:30');
  await accessible(page);
  await dialog.getByRole('button', { name: 'Save schedule' }).click();
  await expect(page.getByText('Every week on Sunday at 04:30')).toBeVisible();
  expect(await readFile(join(home.dataDir, 'agentrail.yaml'), 'utf8')).toContain('04:30');

  await page.getByRole('button', { name: 'Move…' }).click();
  await dialog.getByLabel('New folder').fill(home.dataDir);
  await dialog.getByRole('button', { name: 'Move at next start' }).click();
  await expect(dialog.getByText('The data directory is there already.')).toBeVisible();
  await accessible(page);
  await page.keyboard.press('Escape');

  const askReset = async () => {
    await page.getByRole('button', { name: 'Factory reset…' }).click();
    const now = dialog.getByRole('button', { name: 'Reset at next start' });
    await expect(dialog).toContainText('agentrail data reset --yes');
    await expect(now).toBeDisabled();
    await dialog.getByLabel('Type reset to confirm').fill('reset');
    await now.click();
    await expect(page.getByText('The next start of the program carries out the reset.')).toBeVisible({
      timeout: 20_000,
    });
  };
  await askReset();
  await accessible(page);
  await page.getByRole('button', { name: 'Call it off' }).click();
  await expect(page.getByRole('button', { name: 'Factory reset…' })).toBeVisible();
  await askReset();
  await program.stop();
  const again = await start();
  await expect(stat(join(home.dataDir, 'agentrail.yaml'))).rejects.toMatchObject({ code: 'ENOENT' });
  await signIn(page, again);
  await page.goto(`${again.consoleUrl}/data`);
  await expect(page.getByRole('button', { name: 'Verify' })).toHaveCount(2);
});

import { expect, test } from '../support/console-test.ts';

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
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Remove…' }).first().click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove backup' }).click();
  await expect(page.getByText('No backup is here.')).toBeVisible();
});

test('all that is kept is looked through, and nothing is found wrong', async ({ console: page, shared }) => {
  await page.goto(`${shared.consoleUrl}/data`);
  await page.getByRole('button', { name: 'Look through all' }).click();
  await expect(page.getByText('findings: 0')).toBeVisible();
});

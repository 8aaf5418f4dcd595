import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Page } from '@playwright/test';
import { accessibilityFaults } from '../support/accessibility-faults.ts';
import { configureModel, expect, rowOf, setKey, signIn, test, upstreamKey } from '../support/console-test.ts';

test('a key is set, tested and cleared, and its value never travels to the page', async ({
  home,
  start,
  upstream,
  page,
}) => {
  await configureModel(home, await upstream([]));
  const program = await start();
  const bodies: string[] = [];
  page.on('response', async (response) => {
    if (response.url().includes('/console/api/') && !response.url().includes('/events'))
      bodies.push(await response.text().catch(() => ''));
  });
  await signIn(page, program);
  await setKey(page);
  const row = rowOf(page, 'ANTHROPIC_API_KEY');

  await row.getByRole('button', { name: 'Test' }).click();
  await expect(row.getByText('accepted')).toBeVisible();
  await page.reload();
  await expect(row.getByText(`ends in ${upstreamKey.slice(-4)}`)).toBeVisible();
  expect(bodies.length).toBeGreaterThan(3);
  expect(bodies.filter((body) => body.includes(upstreamKey))).toEqual([]);

  await row.getByRole('button', { name: 'Reveal ANTHROPIC_API_KEY' }).click();
  await expect(page.getByText(upstreamKey)).toBeVisible();
  await page.getByRole('button', { name: 'Hide' }).click();
  await expect(page.getByText(upstreamKey)).toHaveCount(0);

  await row.getByRole('button', { name: 'More for ANTHROPIC_API_KEY' }).click();
  await page.locator('[role^=menuitem]', { hasText: 'Clear…' }).click();
  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await expect(row.getByText('not set')).toBeVisible();
});

test('a key that the provider refuses is shown as rejected', async ({ home, start, upstream, page }) => {
  const model = await upstream([]);
  await configureModel(home, model);
  const program = await start();
  await signIn(page, program);
  await page.getByRole('link', { name: 'Secrets' }).click();
  const row = rowOf(page, 'ANTHROPIC_API_KEY');
  await row.getByRole('button', { name: 'Set…' }).click();
  await page.getByRole('dialog').getByLabel('Value').fill('sk-another-0123456789');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await row.getByRole('button', { name: 'Test' }).click();
  await expect(row.getByText('rejected 401')).toBeVisible();
});

test('an earlier value is rolled back to from the history', async ({ start, page }) => {
  await signIn(page, await start());
  await page.getByRole('link', { name: 'Secrets' }).click();
  const row = rowOf(page, 'OPENAI_API_KEY');
  for (const [button, value] of [
    ['Set…', 'sk-the-first-value-1111'],
    ['Replace…', 'sk-the-second-value-2222'],
  ] as const) {
    await row.getByRole('button', { name: button }).click();
    await page.getByRole('dialog').getByLabel('Value').fill(value);
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await expect(row.getByText(`ends in ${value.slice(-4)}`)).toBeVisible();
  }
  await row.getByRole('button', { name: 'More for OPENAI_API_KEY' }).click();
  await page.locator('[role^=menuitem]', { hasText: 'History…' }).click();
  await page.getByRole('button', { name: 'Roll back to the value of' }).click();
  await expect(page.getByRole('cell', { name: 'rolled back' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(row.getByText('ends in 1111')).toBeVisible();
});

test('a .env file is previewed without its values and taken over', async ({ start, page }) => {
  await signIn(page, await start());
  await page.getByRole('link', { name: 'Secrets' }).click();
  await page.getByRole('button', { name: 'Import .env…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog
    .getByRole('textbox', { name: 'Content of the file' })
    .fill('export OPENAI_API_KEY="sk-of-the-file-3333" # mine\nPORT=3000\nMY_FLAG=yes\n');
  await dialog.getByRole('button', { name: 'Preview' }).click();
  await expect(dialog.getByText('will be set · ends in 3333')).toBeVisible();
  await expect(dialog.getByText('left out · a setting, no secret')).toBeVisible();
  await expect(dialog.getByText('sk-of-the-file')).toHaveCount(0);
  await dialog.getByRole('button', { name: 'Import 1 variable' }).click();
  await expect(rowOf(page, 'OPENAI_API_KEY').getByText('ends in 3333 · vault')).toBeVisible();
});

test('a leaked value is found in the logs, taken out, and the place is clean afterwards', async ({
  home,
  start,
  page,
}) => {
  const leaked = 'sk-leaked-canary-4444';
  const log = join(home.dataDir, 'logs', 'agentrail-2026-01-01.1.ndjson');
  await mkdir(dirname(log), { recursive: true });
  await writeFile(log, `{"seq":1,"time":1,"level":"info","component":"run","msg":"key ${leaked}"}\n`);
  await signIn(page, await start());
  await page.getByRole('link', { name: 'Secrets' }).click();
  const row = rowOf(page, 'OPENAI_API_KEY');
  await row.getByRole('button', { name: 'Set…' }).click();
  await page.getByRole('dialog').getByLabel('Value').fill(leaked);
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: 'Search for leaks' }).click();
  await expect(page.getByText('A stored value was found in 1 place.')).toBeVisible();
  await page.getByRole('checkbox', { name: 'Choose OPENAI_API_KEY in logs/' }).click();
  await page.getByRole('button', { name: 'Scrub 1…' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Scrub' }).click();
  await expect(page.getByText('1 place is clean now.')).toBeVisible();
  const text = await readFile(log, 'utf8');
  expect(text).toContain('[redacted OPENAI_API_KEY]');
  expect(text).not.toContain(leaked);
  await page.getByRole('button', { name: 'Search again' }).click();
  await expect(page.getByText('No stored value was found where it should not be.')).toBeVisible();
  await noFaults(page);
});

test('an API token is made, shown once, works, and is refused once revoked', async ({ start, page }) => {
  await signIn(page, await start());
  await page.getByRole('link', { name: 'Secrets' }).click();
  await page.getByRole('button', { name: 'New token…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('CI');
  await noFaults(page);
  await dialog.getByRole('button', { name: 'Make token' }).click();
  await expect(dialog.locator('code').first()).toHaveText(/^art_/);
  const [token = '', curl = ''] = await dialog.locator('code').allTextContents();
  expect(token).toMatch(/^art_[\w-]{43}$/);
  const address = /'(http[^']+)'/.exec(curl)?.[1] ?? '';
  const ask = async () => (await fetch(address, { headers: { Authorization: `Bearer ${token}` } })).status;
  expect(await ask()).toBe(200);
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByText(token)).toHaveCount(0);
  await page.getByRole('button', { name: 'Revoke CI' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).click();
  await expect(page.getByText('No token yet.')).toBeVisible();
  expect(await ask()).toBe(401);
});

test('the key of the vault moves to a passphrase, and a damaged vault is moved away and offered again', async ({
  home,
  start,
  page,
}) => {
  const program = await start();
  await signIn(page, program);
  await page.getByRole('link', { name: 'Secrets' }).click();
  await rowOf(page, 'OPENAI_API_KEY').getByRole('button', { name: 'Set…' }).click();
  await page.getByRole('dialog').getByLabel('Value').fill('sk-of-the-vault-5555');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('The disk is the only protection:')).toBeVisible();
  await page.getByRole('button', { name: 'Move key…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('radio', { name: 'Passphrase' }).click();
  await dialog.getByLabel('New passphrase').fill('a long passphrase');
  await dialog.getByLabel('Repeat it').fill('a long passphrase');
  await noFaults(page);
  await dialog.getByRole('button', { name: 'Move key' }).click();
  await expect(page.getByText('The disk is the only protection:')).toHaveCount(0);
  expect(await readdir(home.dataDir)).not.toContain('vault.key');
  await program.stop();

  const vault = join(home.dataDir, 'vault.json');
  const whole = await readFile(vault, 'utf8');
  await writeFile(vault, whole.slice(0, 100));
  await signIn(page, await start());
  await page.getByRole('link', { name: 'Secrets' }).click();
  await page.getByRole('button', { name: 'Move it away…' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Move away' }).click();
  await expect(page.getByText('Vault moved away')).toBeVisible();
  const [aside = ''] = (await readdir(home.dataDir)).filter((name) => name.startsWith('vault.json.aside-'));
  await writeFile(join(home.dataDir, aside), whole);
  await page.getByRole('button', { name: 'Bring back…' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Bring back' }).click();
  await page.getByLabel('Passphrase').first().fill('a long passphrase');
  await page.getByRole('button', { name: 'Unlock' }).click();
  await expect(rowOf(page, 'OPENAI_API_KEY').getByText('ends in 5555')).toBeVisible();
});

async function noFaults(page: Page): Promise<void> {
  expect(await accessibilityFaults(page)).toEqual([]);
}

import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { accessibilityFaults } from '../support/accessibility-faults.ts';
import { expect, signIn, test } from '../support/console-test.ts';

async function expectAccessible(page: Page, part: string): Promise<void> {
  expect(await accessibilityFaults(page, { part })).toEqual([]);
}

test('providers are added, changed and removed in the form, and comments stay', async ({ home, start, page }) => {
  const file = join(home.dir, 'agentrail.yaml');
  await writeFile(file, '# mine\nproviders:\n  old:\n    type: openai # why\n    baseUrl: http://127.0.0.1:9/v1\n');
  const program = await start();
  await signIn(page, program);
  await page.goto(`${program.consoleUrl}/settings?section=models`);
  await expect(page.getByText('http://127.0.0.1:9/v1')).toBeVisible();
  await page.getByRole('button', { name: 'Test old' }).click();
  await expect(page.getByText(/127\.0\.0\.1:9 could not be reached/)).toBeVisible();

  const providers = page.locator('section', { has: page.getByRole('heading', { name: 'Providers', exact: true }) });
  await providers.getByRole('button', { name: 'Add…' }).press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Add a provider' });
  await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('old');
  await expect(dialog.getByText('There is a provider old already.')).toBeVisible();
  await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('ollama');
  await dialog.getByRole('textbox', { name: 'Base URL' }).fill('no address');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(dialog.getByRole('textbox', { name: 'Base URL' })).toHaveAttribute('aria-invalid', 'true');
  await expectAccessible(page, '[role=dialog]');
  await dialog.getByRole('textbox', { name: 'Base URL' }).fill('http://127.0.0.1:11434/v1');
  await dialog.getByRole('textbox', { name: 'Base URL' }).press('Enter');
  await expect(dialog).toHaveCount(0);

  await page.getByRole('button', { name: 'Edit old' }).click();
  const change = page.getByRole('dialog', { name: 'Change old' });
  await change.getByRole('textbox', { name: 'Name of its key' }).fill('OLD_KEY');
  await change.getByRole('button', { name: 'Save' }).click();
  await expect(change).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'OLD_KEY' })).toBeVisible();

  await page.getByRole('button', { name: 'Remove ollama', exact: true }).click();
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Test ollama' })).toHaveCount(0);
  await expect
    .poll(() => readFile(file, 'utf8'))
    .toBe(
      '# mine\nproviders:\n  old:\n    type: openai # why\n    baseUrl: http://127.0.0.1:9/v1\n    apiKeyEnv: OLD_KEY\n',
    );
});

test('the context window and prices of a model are set in the form', async ({ home, start, page }) => {
  const file = join(home.dir, 'agentrail.yaml');
  await writeFile(file, '# mine\n');
  const program = await start();
  await signIn(page, program);
  await page.goto(`${program.consoleUrl}/settings?section=models`);
  const models = page.locator('section', { has: page.getByRole('heading', { name: 'Context windows and prices' }) });
  await models.getByRole('button', { name: 'Add…' }).click();
  const model = page.getByRole('dialog', { name: 'Add a model' });
  await model.getByRole('textbox', { name: 'Model' }).fill('ollama:qwen-3.5');
  await model.getByRole('textbox', { name: 'Prompt' }).fill('0.5');
  await model.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(model.getByText('Prices need both')).toBeVisible();
  await model.getByRole('textbox', { name: 'Answer' }).fill('2');
  await model.getByRole('textbox', { name: 'Context window' }).fill('32768');
  await expectAccessible(page, '[role=dialog]');
  await model.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByText('0.5 USD in, 2 USD out per million tokens')).toBeVisible();

  expect(await readFile(file, 'utf8')).toBe(
    '# mine\n\nmodels:\n  ollama:qwen-3.5:\n    contextWindow: 32768\n    price:\n      input: 0.5\n      output: 2\n',
  );
});

test('what was typed into settings outlives other pages and a reload, with a mark in the navigation', async ({
  home,
  start,
  page,
}) => {
  const file = join(home.dir, 'agentrail.yaml');
  await writeFile(file, 'server:\n  allowedHosts: [a.test]\n');
  const program = await start();
  await signIn(page, program);
  await page.goto(`${program.consoleUrl}/settings`);
  const navigation = page.getByRole('navigation', { name: 'Main' });
  const link = navigation.getByRole('link', { name: /^Settings/ });
  await expect(link).toHaveAccessibleName('Settings');
  const image = page.getByRole('textbox', { name: 'Image', exact: true });
  const before = await image.inputValue();
  await image.fill('mine:1');
  const rule = page.getByRole('textbox', { name: 'New rule: Deny' });
  await rule.fill('WebFetch');
  await rule.press('Enter');
  await expect(link).toHaveAccessibleName('Settings unsaved changes');

  await page.getByRole('link', { name: 'Logs', exact: true }).click();
  await expect(page).toHaveURL(/logs/);
  await expect(link).toHaveAccessibleName('Settings unsaved changes');
  await page.reload();
  await expect(link).toHaveAccessibleName('Settings unsaved changes');
  await link.click();
  await expect(image).toHaveValue('mine:1');
  await expect(page.getByText('1 change', { exact: false }).first()).toBeVisible();

  // Typed back, it is no change any more.
  await image.fill(before);
  await expect(link).toHaveAccessibleName('Settings unsaved changes');
  await page.getByRole('button', { name: 'Discard', exact: true }).click();
  await expect(link).toHaveAccessibleName('Settings');
  expect(await readFile(file, 'utf8')).toBe('server:\n  allowedHosts: [a.test]\n');
});

test('the proxy in force is shown with where it comes from, and tried', async ({ start, page }) => {
  const asked: string[] = [];
  const proxy = createServer();
  proxy.on('connect', ({ url = '' }, client: Socket) => {
    asked.push(url);
    client.end('HTTP/1.1 403 No\r\n\r\n');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  try {
    const program = await start();
    await signIn(page, program);
    await page.goto(`${program.consoleUrl}/settings?section=network`);
    await page.getByRole('combobox', { name: 'Proxy', exact: true }).click();
    await page.getByRole('option', { name: 'manual' }).click();
    await page.getByRole('textbox', { name: 'Proxy address' }).fill(proxyUrl);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(page.getByText('from these settings')).toBeVisible();
    const address = page.getByRole('textbox', { name: 'Try an address' });
    await address.fill('https://example.com');
    await address.press('Enter');
    await expect(page.getByText(/does not lead to example\.com:443 \(403\)/)).toBeVisible();
    await expect(page.getByText(`example.com through ${proxyUrl}`)).toBeVisible();
    expect(asked).toEqual(['example.com:443']);
    await address.fill(`${program.consoleUrl}/`);
    await address.press('Enter');
    await expect(page.getByText('directly, as an exception')).toBeVisible();
    expect(asked).toHaveLength(1);
    await expectAccessible(page, '#section-network');
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
});

import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { accessibilityFaults } from '../support/accessibility-faults.ts';
import { writeConfig } from '../support/console-program.ts';
import { expect, signIn, test } from '../support/console-test.ts';

const content = (page: Page, path: string) => page.getByRole('group', { name: path, exact: true });

test('files follow the choices, are handed over as a zip, and are compared with the last export', async ({
  page,
  home,
  start,
}) => {
  await writeConfig(home, { version: 1, llm: { provider: 'openai', modelId: 'gpt-test' } });
  const program = await start();
  await signIn(page, program);
  await page.getByRole('link', { name: 'Deploy' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Not exported yet');
  await expect(content(page, 'docker-compose.yml')).toContainText('read_only: true');
  await page.getByRole('button', { name: 'agentrail.yaml' }).click();
  await expect(content(page, 'agentrail.yaml')).toContainText('modelId: gpt-test');
  await expect(page.getByText('gives the server the powers of root there', { exact: false })).toBeVisible();

  const handed = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download all' }).click();
  const zip = await handed;
  expect(zip.suggestedFilename()).toBe('agentrail-compose.zip');
  const bytes = await readFile(await zip.path());
  expect(bytes.subarray(0, 2).toString()).toBe('PK');
  expect(bytes.includes('agentrail-compose/docker-compose.yml')).toBe(true);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Nothing changed since the last export');

  await page.getByLabel('Instances').fill('2');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('changed since the last export');
  await page.getByRole('button', { name: /^docker-compose\.yml/ }).click();
  await expect(content(page, 'docker-compose.yml')).toContainText('+   agentrail-2:');
  await page.getByRole('button', { name: 'Whole file' }).click();
  await expect(content(page, 'docker-compose.yml')).not.toContainText('+   agentrail-2:');
  await expect(
    page.getByText('agentrail deploy --target compose --instances 2 --docker socket --out compose'),
  ).toBeVisible();
  expect(await accessibilityFaults(page)).toEqual([]);
});

test('what cannot be is said at its field, and the address keeps what was chosen', async ({
  console: page,
  shared,
}) => {
  await page.goto(`${shared.consoleUrl}/deploy?target=kubernetes&docker=socket&name=agent.example.org`);
  await expect(page.getByRole('button', { name: 'Nowhere' })).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByRole('button', { name: 'On its machine' })).toHaveCount(0);
  await expect(content(page, 'kubernetes.yaml')).toContainText('host: agent.example.org');
  await page.getByLabel('Name', { exact: true }).fill('https://agent.example.org');
  await expect(page.getByText('Write a name such as agentrail.example.com', { exact: false })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Download all' })).toBeDisabled();
  await page.getByLabel('Name', { exact: true }).fill('other.example.org');
  await page.getByLabel('Instances').fill('99');
  await expect(page.getByText('Write a whole number from 1 to 16.')).toBeVisible();
  await page.getByLabel('Instances').fill('3');
  await page.getByRole('button', { name: 'On another Docker' }).click();
  await page.getByLabel('Address of that Docker').fill('nonsense');
  await expect(page.getByText('Write ssh://user@host or tcp://host:2376.')).toBeVisible();
  await page.getByLabel('Address of that Docker').fill('tcp://docker.example.org:2376');
  await page.reload();
  await expect(content(page, 'kubernetes.yaml')).toContainText('kind: StatefulSet');
  await expect(content(page, 'kubernetes.yaml')).toContainText('value: "tcp://docker.example.org:2376"');
});

test('one file is saved by keyboard alone', async ({ console: page, shared }) => {
  await page.goto(`${shared.consoleUrl}/deploy?target=systemd`);
  await expect(content(page, 'agentrail.service')).toContainText('NoNewPrivileges=yes');
  const button = page.getByRole('button', { name: 'Download agentrail.service' });
  for (let steps = 0; steps < 60 && !(await button.evaluate((node) => node === document.activeElement)); steps++)
    await page.keyboard.press('Tab');
  const handed = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  const file = await handed;
  expect(file.suggestedFilename()).toBe('agentrail.service');
  expect(await readFile(await file.path(), 'utf8')).toContain('ProtectSystem=strict');
});

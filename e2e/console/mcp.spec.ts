import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { accessibilityFaults } from '../support/accessibility-faults.ts';
import { expect, setKey, signIn, test } from '../support/console-test.ts';

const everything = fileURLToPath(import.meta.resolve('@modelcontextprotocol/server-everything/dist/index.js'));

/** The entry of a server in the list of Settings. */
function entryOf(page: Page, name: string) {
  return page.getByRole('listitem').filter({ has: page.getByRole('switch', { name: `Use ${name}` }) });
}

/** Accessibility faults of a part of the page; the whole of it is looked at elsewhere. */
async function faults(page: Page, part: string): Promise<string[]> {
  return accessibilityFaults(page, { part });
}

test('servers are added, started, switched off and removed by keyboard, and the comments of the file stay', async ({
  home,
  start,
  page,
}) => {
  const file = join(home.dir, 'agentrail.yaml');
  await writeFile(file, '# my settings\nversion: 1\nmcpServers:\n  broken:\n    command: no-such-program # soon\n');
  const program = await start();
  await signIn(page, program);
  await page.getByRole('link', { name: 'Settings' }).click();
  const broken = entryOf(page, 'broken');
  await expect(broken.getByText('not started yet')).toBeVisible();
  await broken.getByRole('button', { name: 'Start broken' }).press('Enter');
  await expect(broken.getByText(/There is no program no-such-program on the PATH/)).toBeVisible();
  await expect(broken.getByText('failed', { exact: true })).toBeVisible();

  await page.locator('#section-mcp').getByRole('button', { name: 'Add…' }).press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Add an MCP server' });
  await dialog.getByLabel('Name').fill('a__b');
  await dialog.getByLabel('Command line').fill(`"${process.execPath}" "${everything}"`);
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(dialog.getByRole('alert')).toBeVisible();
  await dialog.getByLabel('Name').fill('every');
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    expect(await faults(page, '[role=dialog]')).toEqual([]);
  }
  await dialog.getByLabel('Name').press('Enter');
  await expect(dialog).toHaveCount(0);

  const every = entryOf(page, 'every');
  await expect(every.getByText('ready', { exact: true })).toBeVisible({ timeout: 20_000 });
  await every.getByRole('button', { name: 'Details of every' }).press('Enter');
  await expect(every.getByText('mcp__every__get-sum')).toBeVisible();
  await expect(every.getByText(/Starting default \(STDIO\) server/)).toBeVisible();
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    expect(await faults(page, 'section:has(li [role=switch])')).toEqual([]);
  }

  await every.getByRole('switch', { name: 'Use every' }).press('Space');
  await expect(every.getByText('off', { exact: true })).toBeVisible();
  expect(await readFile(file, 'utf8')).toContain('enabled: false');
  await every.getByRole('button', { name: 'Remove every' }).press('Enter');
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
  // While it is open, readers see nothing of the list; it closes when the file is written.
  await expect(page.getByRole('alertdialog')).toHaveCount(0);
  await expect(every).toHaveCount(0);
  expect(await readFile(file, 'utf8')).toBe(
    '# my settings\nversion: 1\nmcpServers:\n  broken:\n    command: no-such-program # soon\n',
  );
});

test('an agent calls a tool of a published server after a person allowed it', async ({
  home,
  start,
  upstream,
  page,
}) => {
  const model = await upstream((request, index) => {
    if (index === 0) {
      return { blocks: [{ type: 'toolCall', name: 'mcp__every__get-sum', args: { a: 19, b: 23 } }] };
    }
    const seen = JSON.stringify(request.body).includes('The sum of 19 and 23 is 42');
    return { blocks: [{ type: 'text', text: seen ? 'It is forty-two.' : 'I was not told.' }] };
  });
  const config = {
    version: 1,
    llm: { provider: 'anthropic', modelId: 'mock-model', baseUrl: model.baseUrl },
    mcpServers: { every: { command: process.execPath, args: [everything] }, gone: { url: 'http://127.0.0.1:9/mcp' } },
  };
  await writeFile(join(home.dir, 'agentrail.yaml'), JSON.stringify(config));
  const program = await start();
  await signIn(page, program);
  await setKey(page);
  await page.getByRole('link', { name: 'Playground' }).click();
  await page.getByRole('textbox', { name: 'Message' }).fill('What is 19 + 23?');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Allow once' }).click({ timeout: 20_000 });
  await expect(page.getByText('It is forty-two.')).toBeVisible();
  const [first] = model.requests.filter(({ wire }) => wire === 'messages');
  const told = JSON.stringify(first?.body);
  expect(told).toContain('"name":"mcp__every__get-sum"');
  expect(told).toContain('The MCP server gone cannot be used in this run');
});

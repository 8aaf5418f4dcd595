import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { accessibilityFaults } from '../support/accessibility-faults.ts';
import type { ConsoleProgram } from '../support/console-program.ts';
import { test as base, configureModel, expect, signIn, upstreamKey } from '../support/console-test.ts';
import { makeTempHome, type TempHome } from '../support/temp-home.ts';

/** A machine without Docker, where nobody has been through the first run. */
const test = base.extend<{ home: TempHome }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of fixtures from the pattern.
  home: async ({}, use) => {
    const home = await makeTempHome({ isFirstRun: true });
    home.env.DOCKER_HOST = `unix://${join(home.dir, 'no-docker.sock')}`;
    await use(home);
    await home.remove();
  },
});

const firstPrompt = 'Introduce yourself in two sentences.';

const step = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

async function passData(page: Page): Promise<void> {
  await expect(page).toHaveURL(/\/first-run$/);
  await expect(step(page, 'Data directory').getByText('can be written')).toBeVisible();
  await page.getByRole('button', { name: 'Keep it here' }).click();
}

/** Past the last step, and on to an answer. */
async function expectAnswer(page: Page, words: string | RegExp): Promise<void> {
  await page.getByRole('button', { name: 'Go on without it' }).click();
  await expect(page).toHaveURL(/\/playground/);
  await expect(page.getByText(firstPrompt).first()).toBeVisible();
  await expect(page.getByRole('article', { name: 'Agent' })).toContainText(words);
  await expect(page.getByText('Done', { exact: true })).toBeVisible();
}

async function expectNoFaults(page: Page): Promise<void> {
  await expect(page.locator('[aria-busy=true]')).toHaveCount(0);
  expect(await accessibilityFaults(page)).toEqual([]);
}

test('the offline demo answers, and the first run never comes back', async ({ start, page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await signIn(page, await start());
  await expect(step(page, 'Data directory').getByText('can be written')).toBeVisible();
  await expectNoFaults(page);
  await passData(page);
  await expectNoFaults(page);
  await page.getByRole('button', { name: 'Offline demo' }).click();
  await expectNoFaults(page);
  await page.getByRole('button', { name: 'Use the demo' }).click();
  await expect(step(page, 'Sandbox').getByText('missing')).toBeVisible();
  await expectNoFaults(page);
  await expectAnswer(page, /offline demo model/);
  await page.reload();
  await expect(page.getByRole('article', { name: 'Agent' })).toHaveCount(1);
  await page.goto(new URL('/', page.url()).href);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Server is ready/);
});

test('a key that is refused is not kept; one that is accepted answers', async ({ home, start, upstream, page }) => {
  const model = await upstream(() => ({ blocks: [{ type: 'text', text: 'Hello from the scripted model.' }] }));
  await configureModel(home, model);
  await signIn(page, await startOpen(home, start));
  await passData(page);
  const card = step(page, 'Model');
  await card.getByLabel('Key', { exact: true }).fill('sk-another-0123456789');
  await card.getByRole('button', { name: 'Test and use' }).click();
  await expect(card.getByRole('alert')).toContainText('refuses this key');
  await card.getByLabel('Key', { exact: true }).fill(` ${upstreamKey}\n`);
  await card.getByRole('button', { name: 'Test and use' }).click();
  await expectAnswer(page, 'Hello from the scripted model.');
  expect(model.requests.at(-1)?.key).toBe(upstreamKey);
  await page.getByRole('link', { name: 'Secrets' }).click();
  await expect(page.getByText(`ends in ${upstreamKey.slice(-4)}`)).toBeVisible();
  await expect(page.getByText('accepted')).toBeVisible();
});

test('a model that another program on this machine serves answers', async ({ start, page }) => {
  const local = await serveLocalModel();
  try {
    await signIn(page, await start());
    await passData(page);
    const card = step(page, 'Model');
    await card.getByRole('button', { name: 'On this machine' }).click();
    await card.getByLabel('Another port').fill('99999');
    await card.getByRole('button', { name: 'Look there' }).click();
    await expect(card.getByText('A number from 1 to 65535.')).toBeVisible();
    await card.getByLabel('Another port').fill(String(local.port));
    await card.getByRole('button', { name: 'Look there' }).click();
    await expect(card.getByText(`127.0.0.1:${local.port}`).first()).toBeVisible();
    await expectNoFaults(page);
    await card.getByRole('button', { name: 'Use', exact: true }).click();
    await expectAnswer(page, 'Hello from next door.');
    await expect(page.getByText(/tiny-model/).first()).toBeVisible();
  } finally {
    local.close();
  }
});

test('it goes on where it was after a reload and after a restart, by keyboard alone', async ({ start, page }) => {
  const first = await start();
  await signIn(page, first);
  await expect(step(page, 'Data directory').getByText('can be written')).toBeVisible();
  await page.getByRole('button', { name: 'Keep it here' }).focus();
  await page.keyboard.press('Enter');
  await expect(step(page, 'Model')).toBeVisible();
  await page.reload();
  await expect(step(page, 'Model')).toBeVisible();
  await first.stop();
  const second = await start();
  await signIn(page, second);
  await expect(page).toHaveURL(/\/first-run$/);
  await expect(step(page, 'Model')).toBeVisible();
  await page.getByRole('button', { name: 'Skip' }).focus();
  await page.keyboard.press('Enter');
  await expect(step(page, 'Sandbox')).toBeVisible();
});

test('put off, it leaves a reminder on Overview; dismissed, it is found in the palette only', async ({
  start,
  page,
}) => {
  await signIn(page, await start());
  await expect(step(page, 'Data directory')).toBeVisible();
  await page.getByRole('link', { name: 'Overview' }).click();
  await expect(page.getByText('Setup is not finished: step 1 of 3')).toBeVisible();
  await page
    .getByRole('button', { name: 'Go on' })
    .or(page.getByRole('link', { name: 'Go on' }))
    .click();
  await page.getByRole('button', { name: 'Not now' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Server is ready/);
  await expect(page.getByText('Setup is not finished')).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Server is ready/);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search or run a command' }).fill('First run');
  await page.keyboard.press('Enter');
  await expect(step(page, 'Data directory')).toBeVisible();
});

test('another folder is refused with a reason or taken at the next start, and what was done moves along', async ({
  home,
  start,
  page,
}) => {
  const first = await start();
  await signIn(page, first);
  const card = step(page, 'Data directory');
  await card.getByLabel('Another folder').fill('relative/path');
  await card.getByRole('button', { name: 'Move at next start' }).click();
  await expect(card.getByText('Write the whole path')).toBeVisible();
  const to = join(home.dir, 'elsewhere');
  await card.getByLabel('Another folder').fill(to);
  await card.getByRole('button', { name: 'Move at next start' }).click();
  await expect(card.getByText(`Everything moves to ${to}`)).toBeVisible();
  await expectNoFaults(page);
  await card.getByRole('button', { name: 'Continue' }).click();
  await expect(step(page, 'Model')).toBeVisible();
  await first.stop();
  const second = await start();
  await signIn(page, second);
  await page.getByRole('button', { name: 'Data directory' }).click();
  await expect(card.getByText(to)).toBeVisible();
});

/** A first run that goes on although there are settings. */
async function startOpen(home: TempHome, start: () => Promise<ConsoleProgram>): Promise<ConsoleProgram> {
  await mkdir(home.dataDir, { mode: 0o700 });
  const steps = { data: 'open', model: 'open', sandbox: 'open' };
  await writeFile(
    join(home.dataDir, 'first-run.json'),
    JSON.stringify({ version: 1, status: 'open', step: 'data', steps }),
  );
  return start();
}

/** Without a key, as such programs are. */
async function serveLocalModel(): Promise<{ port: number; close(): void }> {
  const server = createServer((request, response) => {
    if (request.url === '/v1/models') return void response.end('{"data":[{"id":"tiny-model"}]}');
    if (request.url !== '/v1/chat/completions') return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const chunk = (delta: object, finish: string | null) =>
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'tiny-model', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
    response.write(chunk({ role: 'assistant', content: 'Hello from ' }, null));
    response.write(chunk({ content: 'next door.' }, null));
    response.end(`${chunk({}, 'stop')}data: [DONE]\n\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

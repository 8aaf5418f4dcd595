import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ElectronApplication, Page } from '@playwright/test';
import { type ConsoleProgram, startConsole } from '../support/console-program.ts';
import { expect, pageAddress, test } from '../support/desktop-test.ts';
import type { TempHome } from '../support/temp-home.ts';

interface Owner {
  pid: number;
  instanceId: string;
}
const owner = async ({ dataDir }: TempHome): Promise<Owner> =>
  JSON.parse(await readFile(join(dataDir, 'lock'), 'utf8'));

const others: ConsoleProgram[] = [];
test.afterEach(async () => {
  for (const other of others.splice(0)) await other.kill();
});

/** The desktop program beside a server that already holds the data directory, showing that one's console. */
async function adopt(launch: () => Promise<ElectronApplication>, home: TempHome) {
  const other = await startConsole(home, 0, ['serve', '--console']);
  others.push(other);
  const { pid } = await owner(home);
  const desktop = await launch();
  const view = await desktop.firstWindow();
  await view.waitForURL(pageAddress);
  await view.getByRole('button', { name: 'Open its console' }).click();
  await expect(view.getByText(`This is the server of process ${pid}.`, { exact: false })).toBeVisible();
  return { other, pid, desktop, view };
}

async function isServing({ consoleUrl }: ConsoleProgram): Promise<boolean> {
  return fetch(consoleUrl).then(
    ({ status }) => status < 500,
    () => false,
  );
}

/** Connections that the console socket of the data directory holds now. */
async function connections({ dataDir }: TempHome): Promise<number> {
  const socket = join(dataDir, 'run/console.sock');
  const lines = (await readFile('/proc/net/unix', 'utf8')).split('\n');
  // 03 is "connected": the listening one is not.
  return lines.filter((line) => line.endsWith(socket) && line.split(/\s+/)[5] === '03').length;
}

async function chat(view: Page, message: string): Promise<void> {
  await view.getByRole('link', { name: 'Playground', exact: true }).click();
  await view.getByRole('textbox', { name: 'Message' }).fill(message);
  await view.keyboard.press('Enter');
}

test('the console of a server that already runs is shown, works, and goes on after a quit', async ({
  launch,
  home,
}) => {
  const { other, desktop, view } = await adopt(launch, home);
  await chat(view, 'Ask me something');
  await expect(view.getByText('Ask me something').first()).toBeVisible();
  await view.getByRole('button', { name: 'Short' }).click();
  await expect(view.getByText('Done', { exact: true })).toBeVisible();
  // What the page was told comes from there: a stream that follows it, and is left with the page.
  await expect.poll(() => connections(home)).toBeGreaterThanOrEqual(1);
  await view.evaluate(() => {
    for (let index = 0; index < 3; index++) new EventSource('/console/api/events');
  });
  await expect.poll(() => connections(home)).toBeGreaterThanOrEqual(4);
  await view.reload();
  await expect(view.getByRole('navigation', { name: 'Main' })).toBeVisible();
  await expect.poll(() => connections(home)).toBeLessThan(4);
  const toolTip = await desktop.evaluate(
    () => (globalThis as unknown as { standInTrays: { toolTip: string }[] }).standInTrays[0]?.toolTip,
  );
  expect(toolTip).toContain('Shows the server of another program');

  const before = await owner(home);
  const exited = once(desktop.process(), 'exit');
  await desktop.evaluate(({ app }) => app.quit());
  expect(await exited).toEqual([0, null]);
  expect(await isServing(other)).toBe(true);
  expect(await owner(home)).toEqual(before);
  await expect.poll(() => connections(home)).toBe(0);
  expect(await other.stop()).toBe(0);
});

test('a server that is killed while it is shown leaves a page that says so, and starts here', async ({
  launch,
  home,
}) => {
  const { other, pid, view } = await adopt(launch, home);
  await other.kill();
  await expect(view.getByRole('heading', { name: 'The other program ended' })).toBeVisible();
  await expect(view.getByText(`Process ${pid}, whose console was shown here`, { exact: false })).toBeVisible();
  await view.getByRole('button', { name: 'Start', exact: true }).click();
  await expect(view.getByRole('navigation', { name: 'Main' })).toBeVisible();
  await expect(view.getByText(`server of process ${pid}`, { exact: false })).toHaveCount(0);
  await expect.poll(async () => (await owner(home)).instanceId).not.toBe(other.instanceId);
});

test('a server that is shown can be stopped in order for one of our own, from its own page', async ({
  launch,
  home,
}) => {
  const { other, pid, view } = await adopt(launch, home);
  await view.getByRole('button', { name: 'Stop it, start here…' }).click();
  const question = view.getByRole('alertdialog');
  await expect(question).toContainText(`Stop process ${pid}`);
  await question.getByRole('button', { name: 'Stop and start here' }).click();
  await expect.poll(async () => (await owner(home).catch(() => undefined))?.pid).not.toBe(pid);
  await expect(view.getByText(`server of process ${pid}`, { exact: false })).toHaveCount(0);
  await expect(view.getByRole('navigation', { name: 'Main' })).toBeVisible();
  expect(other.output()).toContain('Stopped.');
  await expect(view.getByRole('button', { name: 'Restart…' })).toBeVisible({ timeout: 30_000 });
});

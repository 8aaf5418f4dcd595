import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { containersOf, sandboxesOf } from '../support/containers.ts';
import { expect, openedView, test } from '../support/desktop-test.ts';

/** The demo model's answers are scripted, its tool calls are real. */
async function runDemo(view: Page): Promise<void> {
  await view.getByRole('link', { name: 'Playground', exact: true }).click();
  await view.getByRole('textbox', { name: 'Message' }).fill('List the files, then write hello.py and run it.');
  await view.getByRole('button', { name: 'Send' }).click();
  await expect(view.getByText('Done', { exact: true })).toBeVisible({ timeout: 30_000 });
}

async function instanceOf(dataDir: string): Promise<string> {
  return (JSON.parse(await readFile(join(dataDir, 'lock'), 'utf8')) as { instanceId: string }).instanceId;
}

test('quitting destroys the sandboxes before the program ends', async ({ launch, home }) => {
  const desktop = await launch();
  const view = await openedView(desktop);
  await runDemo(view);
  const instance = await instanceOf(home.dataDir);
  expect(await sandboxesOf(instance)).toHaveLength(1);
  const exited = once(desktop.process(), 'exit');
  await desktop.evaluate(({ app }) => app.quit());
  expect(await exited).toEqual([0, null]);
  expect(await containersOf(instance)).toEqual([]);
});

test('a program that is killed leaves no container', async ({ launch, home }) => {
  const desktop = await launch();
  const view = await openedView(desktop);
  await runDemo(view);
  const instance = await instanceOf(home.dataDir);
  expect(await sandboxesOf(instance)).toHaveLength(1);
  const exited = once(desktop.process(), 'exit');
  desktop.process().kill('SIGKILL');
  await exited;
  await expect.poll(() => containersOf(instance), { timeout: 5000 }).toEqual([]);
});

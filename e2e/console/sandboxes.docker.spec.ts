import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { accessibilityFaults } from '../support/accessibility-faults.ts';
import { expect, signIn, test } from '../support/console-test.ts';

/** A sandbox by the demo model, and its page. */
async function openSandbox(page: Page): Promise<string> {
  await page.getByRole('link', { name: 'Playground', exact: true }).click();
  await page.getByRole('textbox', { name: 'Message' }).fill('List the files, then write hello.py and run it.');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page.getByText('Done', { exact: true })).toBeVisible({ timeout: 30_000 });
  await page.getByRole('link', { name: 'Sandboxes', exact: true }).click();
  await page.getByRole('link', { name: /List the files/ }).click();
  await expect(page.getByText('Why it exists')).toBeVisible();
  return new URL(page.url()).pathname;
}

const tab = (page: Page, name: string) =>
  page.getByRole('group', { name: 'Parts' }).getByRole('button', { name }).click();
const screen = (page: Page) => page.locator('.xterm-rows');

async function expectNoFaults(page: Page): Promise<void> {
  expect(await accessibilityFaults(page)).toEqual([]);
}

test('a terminal stays when its page is left, reloaded, and shows hostile output as what it is', async ({
  start,
  page,
}) => {
  const refused: string[] = [];
  page.on('console', (message) => message.text().includes('Content Security Policy') && refused.push(message.text()));
  await signIn(page, await start());
  const path = await openSandbox(page);
  await tab(page, 'Terminal');
  await page.getByRole('button', { name: 'New terminal' }).click();
  await expect(screen(page)).toContainText('/workspace$');
  await page.keyboard.type(
    'cat hello.py; echo "你好 $((40+2))"; printf "\\033]0;owned\\007\\033[38;2;9;99;199mrgb\\n"\n',
  );
  await expect(screen(page)).toContainText('你好 42');
  await expect(screen(page)).toContainText('rgb');
  await expect(page).not.toHaveTitle(/owned/);
  await expectNoFaults(page);

  await page.keyboard.type('export KEPT=still-here; sleep 1; echo while-away\n');
  await page.getByRole('link', { name: 'Overview', exact: true }).click();
  await page.goto(`${new URL(page.url()).origin}${path}?tab=terminal`);
  await expect(screen(page)).toContainText('你好 42');
  await expect(screen(page)).toContainText(/while-away\s*agent@/);
  await page.keyboard.type('echo $KEPT-$((1+1))\n');
  await expect(screen(page)).toContainText('still-here-2');

  await page.keyboard.press('Control+Shift+F');
  await page.getByRole('searchbox', { name: 'Find' }).fill('still');
  await page.keyboard.press('Escape');
  await page.keyboard.type('exit 5\n');
  await expect(page.getByText('Ended with exit code 5.')).toBeVisible();
  await page.getByRole('button', { name: 'Close bash 1' }).click();
  await expect(page.getByText('A terminal runs in the sandbox')).toBeVisible();
  expect(refused).toEqual([]);
});

test('files are uploaded, seen, compared and downloaded; every part of the page is accessible', async ({
  start,
  page,
}) => {
  await signIn(page, await start());
  await openSandbox(page);
  await tab(page, 'Files');
  await expect(page.getByRole('button', { name: 'hello.py', exact: true })).toBeVisible();
  const local = join(await mkdtemp(join(tmpdir(), 'upload-')), 'notes 你好.txt');
  await writeFile(local, 'first line\nsecond line\n');
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Upload', exact: false }).click();
  await (await chooser).setFiles(local);
  await page.getByRole('button', { name: 'notes 你好.txt', exact: true }).click();
  await expect(page.getByRole('group', { name: 'Preview of notes 你好.txt' })).toContainText('second line');
  await expectNoFaults(page);

  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download', exact: true }).click();
  const saved = await (await download).path();
  expect(await readFile(saved, 'utf8')).toBe('first line\nsecond line\n');

  await page.getByRole('button', { name: 'Actions for notes 你好.txt' }).click();
  await page.getByRole('menuitem', { name: 'Rename…' }).click();
  await page.getByRole('textbox', { name: 'New path' }).fill('docs.txt');
  await page.getByRole('button', { name: 'Rename', exact: true }).click();
  await expect(page.getByRole('button', { name: 'docs.txt', exact: true })).toBeVisible();

  await page.getByRole('button', { name: 'Changes', exact: true }).click();
  await page.getByRole('button', { name: /docs\.txt/ }).click();
  await expect(page.getByRole('group', { name: 'Changes in docs.txt' })).toContainText('+second line');
  await expectNoFaults(page);

  for (const name of ['Summary', 'Logs', 'Processes', 'Stats', 'Inspect']) {
    await tab(page, name);
    await expect(page.locator('[role=status][aria-label]')).toHaveCount(0);
    await expectNoFaults(page);
  }
});

test('a sandbox is paused, resumed and destroyed by keyboard alone', async ({ start, page }) => {
  await signIn(page, await start());
  await openSandbox(page);
  const press = async (name: string | RegExp) => {
    await page.getByRole('button', { name }).focus();
    await page.keyboard.press('Enter');
  };
  await press('Pause');
  await expect(page.getByRole('button', { name: 'Resume' })).toBeVisible();
  await page.getByRole('group', { name: 'Parts' }).getByRole('button', { name: 'Files' }).focus();
  await page.keyboard.press('Space');
  await expect(page.getByText('It is paused. Resume it to look inside.')).toBeVisible();
  await press('Resume');
  await expect(page.getByRole('button', { name: 'hello.py', exact: true })).toBeVisible();
  await press('Destroy…');
  await expect(page.getByRole('alertdialog')).toContainText('agentrail sandboxes rm');
  await page.getByRole('button', { name: 'Destroy 1 sandbox' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/No sandbox runs/);
});

test('what is left of a session that is gone is listed, saved and removed', async ({ home, start, page }) => {
  const program = await start();
  await signIn(page, program);
  await openSandbox(page);
  await page.getByRole('link', { name: 'Sessions', exact: true }).click();
  await page.getByRole('link', { name: 'Sandboxes', exact: true }).click();

  const orphan = join(home.dataDir, 'sandboxes/default/ses_orphan');
  await mkdir(orphan, { recursive: true });
  await writeFile(join(orphan, 'left.txt'), 'left behind');
  await page.getByRole('button', { name: 'Clean up…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Clean up' });
  await expect(dialog.getByText('default/ses_orphan', { exact: true })).toBeVisible();
  await expectNoFaults(page);
  const others = dialog.getByRole('checkbox', { name: /^Remove / });
  for (const box of await others.all()) {
    if ((await box.getAttribute('aria-label')) !== 'Remove default/ses_orphan') await box.click();
  }
  await dialog.getByRole('button', { name: /^Remove 1 item/ }).click();
  await expect(dialog.getByText(/freed by 1 removal/)).toBeVisible();
  await expect(dialog.getByText(/Saved as .*ses_orphan.*\.zip/)).toBeVisible();
  await expect(dialog.getByText('default/ses_orphan')).toHaveCount(0);
});

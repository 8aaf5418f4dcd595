import type { Locator, Page } from '@playwright/test';
import { scenarios } from '../mock-upstream/scenarios.ts';
import { configureModel, expect, signIn, test, upstreamKey } from '../support/console-test.ts';
import { sandboxesOf } from '../support/containers.ts';

/** Tab by tab to what is meant, as a person does who has no mouse. */
async function tabTo(page: Page, target: Locator, back = false): Promise<void> {
  await expect(target).toBeVisible();
  for (let pressed = 0; pressed < 90; pressed += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return expectFocusSeen(page);
    await page.keyboard.press(back ? 'Shift+Tab' : 'Tab');
  }
  throw new Error(`Ninety presses of Tab did not reach ${target}.`);
}

/** What has the focus is in sight, and shows it. */
async function expectFocusSeen(page: Page): Promise<void> {
  const seen = await page.evaluate(() => {
    const element = document.activeElement;
    if (!(element instanceof HTMLElement)) return { isShown: false, isMarked: false };
    const box = element.getBoundingClientRect();
    const marks = [element, element.parentElement].map((each) => each && getComputedStyle(each));
    return {
      isShown: box.bottom > 0 && box.top < window.innerHeight && box.right > 0 && box.left < window.innerWidth,
      isMarked: marks.some((style) => style && (style.outlineStyle !== 'none' || style.boxShadow !== 'none')),
    };
  });
  expect(seen).toEqual({ isShown: true, isMarked: true });
}

/** By the palette, as everywhere. */
async function goTo(page: Page, name: string, title: RegExp): Promise<void> {
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('dialog', { name: 'Search or run a command' })).toBeVisible();
  await page.keyboard.type(name);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: title })).toBeFocused();
}

/** Opens a menu by its button and takes what it offers, with the arrows. */
async function takeFromMenu(page: Page, button: Locator, name: RegExp): Promise<void> {
  await tabTo(page, button);
  await page.keyboard.press('Enter');
  const item = page.getByRole('menuitem', { name });
  await expect(item).toBeVisible();
  for (let pressed = 0; pressed < 12; pressed += 1) {
    if (await item.evaluate((element) => element === document.activeElement)) break;
    await page.keyboard.press('ArrowDown');
  }
  await expect(item).toBeFocused();
  await page.keyboard.press('Enter');
}

test('an everyday story without a mouse: a key, a question, its session, cleaning up, an export', async ({
  home,
  start,
  upstream,
  page,
}) => {
  test.setTimeout(120_000);
  await configureModel(home, await upstream(scenarios['hello-py'] ?? []));
  const program = await start();
  await signIn(page, program);

  await test.step('the key is set; a dialog that is left gives the focus back', async () => {
    await goTo(page, 'secrets', /^Secrets$/);
    const open = page.getByRole('button', { name: 'Set…' }).first();
    await tabTo(page, open);
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Set ANTHROPIC_API_KEY' });
    await expect(dialog).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
    await expect(open).toBeFocused();
    await page.keyboard.press('Enter');
    await tabTo(page, dialog.getByLabel('Value'));
    await page.keyboard.insertText(upstreamKey);
    await tabTo(page, dialog.getByRole('button', { name: 'Save' }));
    await page.keyboard.press('Enter');
    await expect(dialog).toHaveCount(0);
    await expect(page.getByText(`ends in ${upstreamKey.slice(-4)}`)).toBeVisible();
  });

  await test.step('a question is asked, and the answer is told to readers', async () => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('new session');
    await page.keyboard.press('Enter');
    const message = page.getByRole('textbox', { name: 'Message' });
    await tabTo(page, message);
    await page.keyboard.type('List the files, then write hello.py and run it.');
    await page.keyboard.press('Enter');
    await expect(page.getByText('Done', { exact: true })).toBeVisible({ timeout: 30_000 });
    await expect(message).toBeFocused();
  });

  await test.step('its session is opened from the list, and exported', async () => {
    await goTo(page, 'sessions', /^1 session$/);
    const row = page.getByRole('row', { name: /List the files/ });
    await tabTo(page, page.getByRole('searchbox', { name: 'Search titles and messages' }));
    for (let pressed = 0; pressed < 30; pressed += 1) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(() => document.activeElement?.closest('[role=grid]') !== null)) break;
    }
    await page.keyboard.press('ArrowDown');
    await expect(row).toBeVisible();
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/sessions\/default\//);
    const more = page.getByRole('button', { name: 'More', exact: true });
    const download = page.waitForEvent('download');
    await takeFromMenu(page, more, /Markdown/);
    expect((await download).suggestedFilename()).toMatch(/\.md$/);
  });

  await test.step('its sandbox is destroyed', async () => {
    await goTo(page, 'sandboxes', /sandbox/);
    const row = page.getByRole('row', { name: /List the files/ });
    await takeFromMenu(page, row.getByRole('button', { name: /^Actions for/ }), /Destroy/);
    const confirm = page.getByRole('button', { name: 'Destroy 1 sandbox' });
    await tabTo(page, confirm);
    await page.keyboard.press('Enter');
    await expect(row).toHaveCount(0);
    await expect.poll(() => sandboxesOf(program.instanceId)).toEqual([]);
  });
});

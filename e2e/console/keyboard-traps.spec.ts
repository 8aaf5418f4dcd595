import type { Locator, Page } from '@playwright/test';
import { expect, test } from '../support/console-test.ts';
import { byWords, contentOpenings, type Opening, openings, overlay } from '../support/places.ts';
import { settled } from '../support/settled.ts';

const pressed = 12;

const holdsFocus = (over: Locator) => over.evaluate((element) => element.contains(document.activeElement));

/** With the keys alone; resolves with what had the focus, when it was a button that opened it. */
async function openByKeys(page: Page, { button, item, keys }: Opening): Promise<Locator | undefined> {
  if (keys !== undefined) await page.keyboard.press(keys);
  if (button === undefined) return undefined;
  const opener = byWords(page, 'button', 'en', button);
  await opener.focus();
  await page.keyboard.press('Enter');
  if (item === undefined) return opener;
  const wanted = byWords(page, 'menuitem', 'en', item);
  await expect(wanted).toBeVisible();
  await expect.poll(() => holdsFocus(page.getByRole('menu'))).toBe(true);
  for (let at = 0; at < pressed; at += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement)) break;
    await page.keyboard.press('ArrowDown');
  }
  await expect(wanted).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menu')).toHaveCount(0);
  return opener;
}

async function expectNoTrap(page: Page, consoleUrl: string, opening: Opening): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto(consoleUrl + opening.path);
  await settled(page);
  const opener = await openByKeys(page, opening);
  const over = overlay(page);
  await expect(over).toBeVisible();
  await expect.poll(() => holdsFocus(over)).toBe(true);
  for (const key of opening.isLoose ? [] : ['Tab', 'Shift+Tab'])
    for (let at = 0; at < pressed; at += 1) {
      await page.keyboard.press(key);
      // At an end the focus goes round by way of a guard, in a turn of its own.
      await expect.poll(() => holdsFocus(over), `${key} stays inside`).toBe(true);
    }
  await page.keyboard.press('Escape');
  await expect(page.locator('[role=dialog], [role=alertdialog], [role=menu]')).toHaveCount(0);
  if (opener) await expect(opener).toBeFocused();
  else await expect(page.locator('h1')).toBeFocused();
}

for (const opening of openings)
  test(`${opening.name} over ${opening.path} keeps the keyboard inside and gives the focus back`, async ({
    console: page,
    shared,
  }) => {
    await expectNoTrap(page, shared.consoleUrl, opening);
  });

for (const opening of contentOpenings)
  test(`${opening.name} over ${opening.path} keeps the keyboard inside and gives the focus back`, async ({
    page,
    context,
    filled,
  }) => {
    await context.addCookies([{ ...filled.cookie, url: filled.consoleUrl }]);
    await expectNoTrap(page, filled.consoleUrl, opening);
  });

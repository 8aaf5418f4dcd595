import type { Page } from '@playwright/test';
import { expect, test } from '../support/console-test.ts';
import { findTextFaults } from '../support/page-text.ts';
import { contentOpenings, openings, openOver, pagePaths, visit } from '../support/places.ts';
import { settled } from '../support/settled.ts';

// Nothing that other specs do is in what they look at.
test.use({ circle: 'pseudo-language' });

const sizes = [
  { width: 1280, height: 800 },
  { width: 900, height: 600 },
];

/** The words of the page are accented, two fifths longer, and stand in brackets. */
async function expectNoTextFaults(page: Page, what: string): Promise<void> {
  for (const size of sizes) {
    await page.setViewportSize(size);
    await settled(page);
    expect.soft(await findTextFaults(page), `${what} at ${size.width}`).toEqual({ untranslated: [], clipped: [] });
  }
}

test.beforeAll(async ({ walk }) => {
  await walk.addInitScript(() => localStorage.setItem('agentrail.language', 'en-XA'));
});

for (const path of pagePaths)
  test(`${path} shows no text that is not translated, and none that is cut off`, async ({ walk: page }) => {
    await visit(page, path);
    await expectNoTextFaults(page, path);
  });

for (const opening of openings)
  test(`${opening.name} over ${opening.path} is translated and not cut off`, async ({ walk: page }) => {
    await visit(page, opening.path);
    await openOver(page, opening, 'en-XA');
    await expectNoTextFaults(page, opening.name);
  });

for (const opening of contentOpenings)
  test(`${opening.name} over ${opening.path} is translated and not cut off`, async ({ page, context, filled }) => {
    await context.addCookies([{ ...filled.cookie, url: filled.consoleUrl }]);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.addInitScript(() => localStorage.setItem('agentrail.language', 'en-XA'));
    await visit(page, filled.consoleUrl + opening.path);
    await openOver(page, opening, 'en-XA');
    await expectNoTextFaults(page, opening.name);
  });

test('the check sees English, and text that is cut off', async ({ walk: page }) => {
  await visit(page, '/');
  await page.evaluate(() => {
    const box = document.createElement('p');
    box.textContent = 'Plain words of a page that nobody translated';
    box.style.cssText = 'width: 40px; overflow: hidden; white-space: nowrap';
    document.querySelector('main')?.append(box);
  });
  const { untranslated, clipped } = await findTextFaults(page);
  expect(untranslated).toContain('Plain words of a page that nobody translated');
  expect(clipped.join()).toContain('Plain words of a page');
});

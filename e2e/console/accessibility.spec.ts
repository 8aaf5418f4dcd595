import type { Page } from '@playwright/test';
import { accessibilityFaults } from '../support/accessibility-faults.ts';
import { expect, signIn, test } from '../support/console-test.ts';
import { contentOpenings, type Opening, openings, openOver, pagePaths, visit } from '../support/places.ts';
import { settled } from '../support/settled.ts';

// Nothing that other specs do is in what they look at.
test.use({ circle: 'accessibility' });

const themes = ['light', 'dark'] as const;

async function expectNoFaults(page: Page, what: string, ignored: string[] = []): Promise<void> {
  expect.soft(await accessibilityFaults(page, { ignored }), what).toEqual([]);
}

for (const path of pagePaths)
  test(`${path} has no accessibility faults in either theme`, async ({ walk: page }) => {
    await page.emulateMedia({ colorScheme: 'light' });
    await visit(page, path);
    for (const theme of themes) {
      await page.emulateMedia({ colorScheme: theme });
      await settled(page);
      await expectNoFaults(page, `${path} in ${theme}`);
    }
  });

async function expectNoFaultsOver(page: Page, opening: Opening): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light' });
  await visit(page, opening.path);
  await openOver(page, opening, 'en');
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme });
    // A menu lies over the page, outside of its landmarks.
    await expectNoFaults(page, `${opening.name} in ${theme}`, ['region']);
  }
}

for (const opening of openings)
  test(`${opening.name} over ${opening.path} has no accessibility faults in either theme`, async ({ walk: page }) => {
    await expectNoFaultsOver(page, opening);
  });

for (const opening of contentOpenings)
  test(`${opening.name} over ${opening.path} has no accessibility faults in either theme`, async ({
    page,
    context,
    filled,
  }) => {
    await context.addCookies([{ ...filled.cookie, url: filled.consoleUrl }]);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await expectNoFaultsOver(page, { ...opening, path: filled.consoleUrl + opening.path });
  });

test('a console that is gone, and a page whose data cannot be had, have no accessibility faults', async ({
  start,
  page,
}) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const program = await start();
  await signIn(page, program);
  await page.route('**/console/api/secrets*', (route) =>
    route.fulfill({ status: 503, json: { error: 'The vault does not answer.', code: 'vault_locked' } }),
  );
  await page.goto(`${program.consoleUrl}/secrets`);
  await expect(page.getByRole('alert')).toBeVisible({ timeout: 20_000 });
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme });
    await expectNoFaults(page, `an error in ${theme}`);
  }
  await page.goto(program.consoleUrl);
  await settled(page);
  await program.stop();
  await expect(page.getByText('The console does not answer.', { exact: false })).toBeVisible({ timeout: 20_000 });
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme });
    await expectNoFaults(page, `offline in ${theme}`);
  }
});

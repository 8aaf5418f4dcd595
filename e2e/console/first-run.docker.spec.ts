import { test as base, expect, signIn } from '../support/console-test.ts';
import { makeTempHome, type TempHome } from '../support/temp-home.ts';

const test = base.extend<{ home: TempHome }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of fixtures from the pattern.
  home: async ({}, use) => {
    const home = await makeTempHome({ isFirstRun: true });
    await use(home);
    await home.remove();
  },
});

test('with Docker and its image the first answer runs a program in a sandbox, without a key', async ({
  start,
  page,
}) => {
  await signIn(page, await start());
  await page.getByRole('button', { name: 'Keep it here' }).click();
  await page.getByRole('button', { name: 'Offline demo' }).click();
  await page.getByRole('button', { name: 'Use the demo' }).click();
  await expect(page.getByText('Everything is there.')).toBeVisible({ timeout: 20_000 });
  await page.getByRole('button', { name: 'Open the playground' }).click();
  await expect(page.getByText('Hello from the Agentrail sandbox!').first()).toBeVisible({ timeout: 40_000 });
  await expect(page.getByText('Done', { exact: true })).toBeVisible();
});

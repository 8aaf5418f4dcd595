import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from '../support/console-test.ts';

const paths = [
  '/',
  '/playground',
  '/sessions',
  '/sandboxes',
  '/logs',
  '/knowledge',
  '/skills',
  '/memory',
  '/health',
  '/health/doctor',
  '/health/bundle',
  '/secrets',
  '/data',
  '/readiness',
  '/deploy',
  '/settings',
  '/first-run',
  '/nowhere',
];

/** Nothing of the page changed for a third of a second: long lists measure their first rows out of sight. */
async function settled(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.locator('[aria-busy=true]')).toHaveCount(0);
  await page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const quiet = () => setTimeout(done, 300);
        let timer = quiet();
        const observer = new MutationObserver(() => {
          clearTimeout(timer);
          timer = quiet();
        });
        function done() {
          observer.disconnect();
          resolve();
        }
        observer.observe(document, { subtree: true, childList: true, attributes: true });
      }),
  );
}

for (const theme of ['light', 'dark'] as const)
  for (const path of paths)
    test(`${path} in ${theme} has no accessibility faults`, async ({ console: page, shared }) => {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      await page.goto(shared.consoleUrl + path);
      await settled(page);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)).toEqual([]);
    });

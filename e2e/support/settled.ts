import { expect, type Page } from '@playwright/test';

/** Nothing of the page changed for a third of a second: long lists measure their first rows out of sight. */
export async function settled(page: Page): Promise<void> {
  // A dialog hides the page from readers, so the title is not asked for by its role.
  await expect(page.locator('h1')).toBeVisible();
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

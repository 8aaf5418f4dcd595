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
  await drawn(page);
}

/**
 * Three frames in a row without a transition. A new theme changes no element, and its colours take some frames even with
 * reduced motion: those that are inherited begin when the colour above them has come.
 */
export async function drawn(page: Page): Promise<void> {
  await page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const ends = (each: Animation) => Number.isFinite(each.effect?.getComputedTiming().endTime);
        const isMoving = () => document.getAnimations().some((each) => each.playState === 'running' && ends(each));
        let still = 0;
        const look = () => {
          still = isMoving() ? 0 : still + 1;
          if (still === 3) resolve();
          else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      }),
  );
}

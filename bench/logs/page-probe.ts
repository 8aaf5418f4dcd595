import type { Page } from '@playwright/test';

/** In MB, after a collection. The collection is no task of the page's. */
export async function measureHeap(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = (await session.send('Runtime.getHeapUsage')) as { usedSize: number };
  await session.detach();
  return usedSize / 1_048_576;
}

/** Elements of one row of the log that is shown, the list's own wrapper included. */
export function countNodes(page: Page): Promise<number> {
  return page.evaluate(() => {
    const row = document.querySelector('[role=log] [data-item-index]');
    return row ? row.querySelectorAll('*').length + 1 : Number.NaN;
  });
}

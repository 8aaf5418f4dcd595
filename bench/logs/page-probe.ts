import type { Page } from '@playwright/test';

/** A task of the page that took 50 ms or longer. */
export interface Seen {
  duration: number;
}

/** Begins to watch for long tasks in the page that is open. */
export async function observe(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen: { duration: number }[] = [];
    Reflect.set(window, 'seenTasks', seen);
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) seen.push({ duration });
    }).observe({ type: 'longtask', buffered: false });
  });
}

/** Those since the last time. */
export function longTasks(page: Page): Promise<Seen[]> {
  return page.evaluate(() => (Reflect.get(window, 'seenTasks') as { duration: number }[]).splice(0));
}

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

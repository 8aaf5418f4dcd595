import { get } from 'node:http';
import type { Browser, Page } from '@playwright/test';
import type { Row } from '../sandbox/rows.ts';
import { sessionsInBench } from '../sessions/make-sessions.ts';
import { percentile } from '../support/statistics.ts';
import { traceTasks } from './page-work.ts';

const healthEveryMs = 50;
const makingMs = 600_000;
const frameGoal = '≤ 50';

/** The Sessions page while its index is made, and then while its whole list is walked and dragged. */
export async function measureSessions(
  browser: Browser,
  page: Page,
  { consoleUrl, seconds }: { consoleUrl: string; seconds: number },
): Promise<Row[]> {
  const of = `${sessionsInBench.toLocaleString('en')} sessions`;
  const health = watchHealth(consoleUrl);
  const startedAt = performance.now();
  await page.goto(`${consoleUrl}/sessions`);
  await page.getByRole('grid').first().getByRole('row').nth(5).waitFor({ timeout: makingMs });
  const firstMs = performance.now() - startedAt;
  await page.getByRole('progressbar').waitFor({ state: 'detached', timeout: makingMs });
  const wholeMs = performance.now() - startedAt;
  const answers = await health.stop();

  const top: number[] = [];
  const fromTop = await traceTasks(browser, page, async () => {
    top.push(...(await scroll(page, 400, seconds * 1000)));
  });
  let known = 0;
  const toEnd = await traceTasks(browser, page, async () => {
    known = await walkToEnd(page);
  });
  const deep: number[] = [];
  const dragged = await traceTasks(browser, page, async () => {
    deep.push(...(await scroll(page, -40_000, seconds * 1000)));
  });
  return [
    { figure: `${of}, no index yet: first rows shown, ms`, ours: [firstMs], goal: 'before it is made' },
    { figure: '… the list is whole, ms', ours: [wholeMs], goal: '–' },
    { figure: '… meanwhile an answer of the console, p99, ms', ours: [percentile(answers, 0.99)], goal: '≤ 50' },
    { figure: 'scrolling from the top: between frames, p50, ms', ours: [percentile(top, 0.5)], goal: frameGoal },
    { figure: '… p95, ms', ours: [percentile(top, 0.95)], goal: frameGoal },
    { figure: '… longest task on the processor, ms', ours: [fromTop.longestCpuMs], goal: frameGoal },
    { figure: '… the same task by the clock, ms', ours: [fromTop.longestWallMs], goal: '–' },
    {
      figure: `walking to the end (${known.toLocaleString('en')} known): longest task on the processor, ms`,
      ours: [toEnd.longestCpuMs],
      goal: frameGoal,
    },
    { figure: 'dragging through all: between frames, p95, ms', ours: [percentile(deep, 0.95)], goal: frameGoal },
    { figure: '… longest task on the processor, ms', ours: [dragged.longestCpuMs], goal: frameGoal },
  ];
}

/** Time between frames while the list moves by `step` pixels in each. */
function scroll(page: Page, step: number, ms: number): Promise<number[]> {
  return page.evaluate(
    async ([by, duration]) => {
      const scroller = document.querySelector('[data-virtuoso-scroller]');
      if (!scroller) throw new Error('The list is gone.');
      const times: number[] = [];
      let before = performance.now();
      const end = before + duration;
      while (before < end) {
        scroller.scrollTop += by;
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const now = performance.now();
        times.push(now - before);
        before = now;
      }
      return times;
    },
    [step, ms] as const,
  );
}

/** Holds the End of the list until no more comes; answers how many rows it has then. */
function walkToEnd(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const scroller = document.querySelector('[data-virtuoso-scroller]');
    if (!scroller) throw new Error('The list is gone.');
    let height = 0;
    let grewAt = performance.now();
    while (performance.now() - grewAt < 10_000) {
      if (scroller.scrollHeight > height) {
        height = scroller.scrollHeight;
        grewAt = performance.now();
      }
      scroller.scrollTop = height;
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const rows = scroller.getAttribute('aria-rowcount');
      if (rows !== null && rows !== '-1') return Number(rows) - 1;
    }
    throw new Error('The end of the list was not reached.');
  });
}

/** Asks for the page's own document all the while: it waits for nothing but the event loop. */
function watchHealth(consoleUrl: string): { stop(): Promise<number[]> } {
  const answers: number[] = [];
  let isOver = false;
  const ask = () =>
    new Promise<void>((resolve) => {
      const began = performance.now();
      get(`${consoleUrl}/`, (response) => {
        response.resume().on('end', () => {
          answers.push(performance.now() - began);
          setTimeout(resolve, healthEveryMs);
        });
      }).on('error', () => resolve());
    });
  const watching = (async () => {
    while (!isOver) await ask();
  })();
  return {
    async stop() {
      isOver = true;
      await watching;
      return answers;
    },
  };
}

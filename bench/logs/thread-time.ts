import type { Browser, Page } from '@playwright/test';

/** What the main thread of a page did while something went on. */
export interface TaskTimes {
  /** Wall time of the longest task, in milliseconds: what other programs took of the core is in it. */
  longestMs: number;
  /** Time that the longest task really had on a core. */
  longestThreadMs: number;
  /** Tasks whose own time was over 50 ms. */
  long: number;
  /** Time on a core of all tasks together, per second. */
  threadMsPerSecond: number;
}

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** Microseconds, as all times here. */
  ts: number;
  dur?: number;
  /** Time on a core. */
  tdur?: number;
  args?: { name?: string };
}

const taskName = 'ThreadControllerImpl::RunTask';

/** Traces every task of the page while the work goes on. */
export async function traceTasks(browser: Browser, page: Page, work: () => Promise<void>): Promise<TaskTimes> {
  await browser.startTracing(page, { categories: ['toplevel'] });
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1000;
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
  const tasks = mainThreadTasks(traceEvents);
  const own = tasks.map(({ tdur = 0 }) => tdur / 1000);
  return {
    longestMs: Math.max(0, ...tasks.map(({ dur = 0 }) => dur / 1000)),
    longestThreadMs: Math.max(0, ...own),
    long: own.filter((ms) => ms > 50).length,
    threadMsPerSecond: own.reduce((sum, ms) => sum + ms, 0) / seconds,
  };
}

/** Of the renderer that had most to do: others stand in reserve. */
function mainThreadTasks(events: readonly TraceEvent[]): TraceEvent[] {
  const placeOf = ({ pid, tid }: TraceEvent) => `${pid}:${tid}`;
  const isMain = ({ name, args }: TraceEvent) => name === 'thread_name' && args?.name === 'CrRendererMain';
  const threads = new Map(events.filter(isMain).map((event) => [placeOf(event), [] as TraceEvent[]]));
  for (const event of events) if (event.ph === 'X' && event.name === taskName) threads.get(placeOf(event))?.push(event);
  const [busiest = []] = [...threads.values()].toSorted((a, b) => b.length - a.length);
  if (!busiest.some(({ tdur }) => tdur !== undefined)) throw new Error('This Chromium tells no thread times.');
  return busiest;
}

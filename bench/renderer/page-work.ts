import type { Browser, CDPSession, Page } from '@playwright/test';

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** Microseconds: wall clock, and of the thread's own processor time where the system tells it. */
  dur?: number;
  tdur?: number;
  args?: { name?: string };
}

export interface TaskTimes {
  /** Milliseconds of the longest task of the page's main thread: on the processor, and by the clock on the wall. */
  longestCpuMs: number;
  longestWallMs: number;
  tasks: number;
}

/** What the page's main thread did while `work` went on. Processor time says what is ours on a machine that is busy. */
export async function traceTasks(browser: Browser, page: Page, work: () => Promise<void>): Promise<TaskTimes> {
  await browser.startTracing(page, { categories: ['__metadata', 'toplevel'] });
  await work();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
  const mains = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}/${tid}`),
  );
  const tasks = traceEvents.filter(
    ({ name, ph, pid, tid }) => ph === 'X' && name.endsWith('RunTask') && mains.has(`${pid}/${tid}`),
  );
  if (tasks.length === 0) throw new Error('The trace holds no task of the page: Chromium names them otherwise now.');
  const longest = (of: (task: TraceEvent) => number | undefined) =>
    tasks.reduce((most, task) => Math.max(most, (of(task) ?? 0) / 1000), 0);
  return { longestCpuMs: longest(({ tdur }) => tdur), longestWallMs: longest(({ dur }) => dur), tasks: tasks.length };
}

/** Seconds of processor time so far: the page's main thread, the processes that show pages, and all of Chromium. */
export async function readCpu(browser: Browser, metrics: CDPSession) {
  const root = await browser.newBrowserCDPSession();
  const { processInfo } = await root.send('SystemInfo.getProcessInfo');
  await root.detach();
  const sum = (list: typeof processInfo) => list.reduce((total, { cpuTime }) => total + cpuTime, 0);
  const found = await readMetrics(metrics);
  return {
    main: found.get('TaskDuration') ?? 0,
    renderer: sum(processInfo.filter(({ type }) => type === 'renderer')),
    all: sum(processInfo),
  };
}

/** Task durations in processor time. */
export async function openMetrics(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return session;
}

export async function readMetrics(session: CDPSession): Promise<Map<string, number>> {
  const { metrics } = await session.send('Performance.getMetrics');
  return new Map(metrics.map(({ name, value }) => [name, value]));
}

import type { PageFault, PageFaults } from '../../server/contract/page-faults.ts';

/** A fault before it is bounded and counted. */
export type Fault = Pick<PageFault, 'kind' | 'message'> & {
  target?: string | undefined;
  source?: string | undefined;
  stack?: string | undefined;
};

interface Ports {
  /** Path of the page that is open. */
  page(): string;
  /** True when the console took them, false when it will never do. Rejects while it does not answer. */
  send(faults: PageFaults): Promise<boolean>;
}

/** Faults that come together are told together. */
const gatherMs = 1000;
const longestWaitMs = 60_000;
const maxFaults = 20;
const maxLengths = { message: 1000, page: 300, target: 300, source: 300, stack: 8000 } as const;
/** Browsers say this of any list that measures itself; nothing is wrong then. */
const harmless = /^ResizeObserver loop/;

/**
 * Gathers what goes wrong in this page and tells the console, which writes it into the log. The same fault is told once with
 * how often it happened; while the console does not answer it waits, bounded.
 */
export function createPageFaults({ page, send }: Ports) {
  let faults = new Map<string, PageFault>();
  let left = 0;
  let waitMs = gatherMs;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isRefused = false;

  async function tell(): Promise<void> {
    const told = { faults: [...faults.values()], left };
    faults = new Map();
    left = 0;
    try {
      isRefused = !(await send(told));
      waitMs = gatherMs;
    } catch {
      // They wait for a console that answers; what came meanwhile stands behind them.
      const came = [...faults.values()];
      faults = new Map();
      for (const fault of [...told.faults, ...came]) keep(fault);
      left += told.left;
      waitMs = Math.min(longestWaitMs, waitMs * 4);
    }
    timer = undefined;
    if (faults.size > 0) tellLater();
  }

  function tellLater(): void {
    timer ??= setTimeout(() => void tell(), waitMs);
  }

  function keep(fault: PageFault): void {
    const key = [fault.kind, fault.message, fault.target, fault.source].join('\n');
    const known = faults.get(key);
    if (known) known.times = Math.min(1_000_000, known.times + fault.times);
    else if (faults.size < maxFaults) faults.set(key, fault);
    else left = Math.min(1_000_000, left + 1);
  }

  return {
    note({ kind, message, target, source, stack }: Fault): void {
      if (isRefused || harmless.test(message)) return;
      const facts = { message, page: page(), target, source, stack };
      const fault: PageFault = { kind, message: '', page: '', times: 1 };
      for (const name of ['message', 'page', 'target', 'source', 'stack'] as const) {
        const text = facts[name];
        if (text !== undefined && text !== '') fault[name] = text.slice(0, maxLengths[name]);
      }
      keep(fault);
      tellLater();
    },
    close(): void {
      clearTimeout(timer);
      isRefused = true;
    },
  };
}

export type PageFaultLog = ReturnType<typeof createPageFaults>;

/** What was thrown, whatever it was. */
export function faultOf(kind: Fault['kind'], thrown: unknown): Fault {
  if (!(thrown instanceof Error)) return { kind, message: String(thrown) };
  return { kind, message: `${thrown.name}: ${thrown.message}`, stack: thrown.stack };
}

/** An address as it may stand in a log: what it asks for is not told. */
export function addressForLog(address: string): string {
  const [plain = ''] = address.split(/[?#]/, 1);
  return plain.startsWith('data:') ? 'data:' : plain;
}

import type * as vitest from 'vitest';

/**
 * What the suites are written with. Vitest's own functions fit, and so do those of other runners whose `expect` knows the
 * same words; `createConformanceRunner` needs no runner at all.
 */
export interface ConformanceHarness {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>): void;
  beforeEach(work: () => Promise<void>): void;
  afterEach(work: () => Promise<void>): void;
  expect: typeof vitest.expect;
}

export interface ConformanceFinding {
  /** The sentences that lead to the check. */
  name: string;
  /** Absent: it is as it has to be. */
  error?: unknown;
}

export interface ConformanceRunner extends ConformanceHarness {
  /** Carries out what was described, one after the other. Rejects never. */
  run(): Promise<ConformanceFinding[]>;
}

interface Scope {
  names: string[];
  before: (() => Promise<void>)[];
  after: (() => Promise<void>)[];
}

/** Collects the checks of a suite and carries them out without a test runner. `expect` is that of Vitest or like it. */
export function createConformanceRunner(expect: ConformanceHarness['expect']): ConformanceRunner {
  const checks: { name: string; scopes: Scope[]; body: () => Promise<void> }[] = [];
  let scopes: Scope[] = [];
  const current = (): Scope => {
    const scope = scopes.at(-1);
    if (scope === undefined) throw new Error('Describe first what is checked.');
    return scope;
  };

  async function carryOut({ scopes: around, body }: (typeof checks)[number]): Promise<unknown> {
    const befores = around.flatMap(({ before }) => before);
    const afters = around.toReversed().flatMap(({ after }) => after);
    try {
      for (const work of [...befores, body]) await work();
      return undefined;
    } catch (error) {
      return error;
    } finally {
      // What cannot be put away says nothing of the store beyond what the check said.
      for (const work of afters) await work().catch(() => undefined);
    }
  }

  return {
    expect,
    describe(name, body) {
      scopes = [...scopes, { names: [name], before: [], after: [] }];
      body();
      scopes = scopes.slice(0, -1);
    },
    it: (name, body) => void checks.push({ name, scopes, body }),
    beforeEach: (work) => void current().before.push(work),
    afterEach: (work) => void current().after.push(work),
    async run() {
      const findings: ConformanceFinding[] = [];
      for (const check of checks) {
        const error = await carryOut(check);
        const name = [...check.scopes.flatMap(({ names }) => names), check.name].join(' › ');
        findings.push({ name, ...(error !== undefined && { error }) });
      }
      return findings;
    },
  };
}

import { z } from 'zod';
import { add, type Counts, none } from './counts.ts';

const vitestSchema = z.object({
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) })),
});

const playwrightSchema = z.object({
  stats: z.object({ expected: z.number(), unexpected: z.number(), flaky: z.number(), skipped: z.number() }),
  errors: z.array(z.unknown()),
});

/** Vitest's JSON reporter. A file that failed before its first test counts as one failed test. */
export function countVitest(report: unknown): Counts {
  return vitestSchema
    .parse(report)
    .testResults.map(({ status, assertionResults }) => {
      const count = (...states: string[]) => assertionResults.filter((test) => states.includes(test.status)).length;
      const failed = count('failed');
      return {
        passed: count('passed'),
        failed: failed === 0 && status === 'failed' ? 1 : failed,
        skipped: count('pending', 'skipped', 'todo', 'disabled'),
      };
    })
    .reduce(add, none);
}

/**
 * Playwright's JSON reporter. A test that passed when it was tried again (only CI tries again: a browser, a server and
 * containers share its cores) counts as passed, and `faults.ts` tells its name.
 */
export function countPlaywright(report: unknown): Counts {
  const { stats, errors } = playwrightSchema.parse(report);
  return {
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected + errors.length,
    skipped: stats.skipped,
  };
}

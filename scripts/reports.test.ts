import { describe, expect, test } from 'vitest';
import { add, none, single, summaryLine, withExitCode } from './counts.ts';
import { countPlaywright, countVitest } from './reports.ts';

const file = (status: string, ...states: string[]) => ({
  status,
  assertionResults: states.map((state) => ({ status: state })),
});

describe('counts', () => {
  test('the last line has the form that programs read', () => {
    expect(summaryLine(add({ passed: 2, failed: 1, skipped: 0 }, single(true)))).toBe('3 passed, 1 failed, 0 skipped');
  });

  test('a suite that ends badly without a failed test failed once', () => {
    expect(withExitCode({ passed: 5, failed: 0, skipped: 0 }, 1)).toEqual({ passed: 5, failed: 1, skipped: 0 });
    expect(withExitCode({ passed: 5, failed: 2, skipped: 0 }, 1)).toEqual({ passed: 5, failed: 2, skipped: 0 });
    expect(withExitCode({ passed: 5, failed: 0, skipped: 0 }, 0)).toEqual({ passed: 5, failed: 0, skipped: 0 });
  });
});

describe("vitest's report", () => {
  test('tests are counted over all files', () => {
    const report = { testResults: [file('passed', 'passed', 'skipped'), file('failed', 'failed', 'passed', 'todo')] };
    expect(countVitest(report)).toEqual({ passed: 2, failed: 1, skipped: 2 });
  });

  test('a file that did not load is a failed test', () => {
    expect(countVitest({ testResults: [file('failed')] })).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  test('no files are no tests', () => {
    expect(countVitest({ testResults: [] })).toEqual(none);
  });

  test('something else is refused', () => {
    expect(() => countVitest({})).toThrow();
  });
});

describe("Playwright's report", () => {
  const stats = { expected: 4, unexpected: 1, flaky: 0, skipped: 2 };

  test('tests are counted', () => {
    expect(countPlaywright({ stats, errors: [] })).toEqual({ passed: 4, failed: 1, skipped: 2 });
  });

  test('faults outside of tests failed, tests that passed at the second try passed', () => {
    expect(countPlaywright({ stats: { ...stats, flaky: 1 }, errors: [{}] })).toMatchObject({ passed: 5, failed: 2 });
  });
});

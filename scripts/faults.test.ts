import { describe, expect, test } from 'vitest';
import { playwrightFaults, toldFault, vitestFaults } from './faults.ts';

describe("vitest's report", () => {
  const file = (status: string, assertionResults: object[], message = '') => ({
    testResults: [{ name: 'a.test.ts', status, message, assertionResults }],
  });

  test('a failed test and one that passed at the second try are told with what they said', () => {
    const report = file('failed', [
      { fullName: 'fine', status: 'passed', failureMessages: [] },
      { fullName: 'bad', status: 'failed', failureMessages: ['expected 1 to be 2\n    at node_modules/x.js:1'] },
      { fullName: 'shaky', status: 'passed', failureMessages: ['late'] },
    ]);
    expect(vitestFaults(report)).toEqual([
      { test: 'a.test.ts: bad', outcome: 'failed', message: 'expected 1 to be 2' },
      { test: 'a.test.ts: shaky', outcome: 'passed at the second try', message: 'late' },
    ]);
  });

  test('a file that did not load is told too', () => {
    expect(vitestFaults(file('failed', [], 'cannot find module'))).toEqual([
      { test: 'a.test.ts', outcome: 'failed', message: 'cannot find module' },
    ]);
  });
});

describe("Playwright's report", () => {
  const spec = (title: string, status: string, ...messages: string[]) => ({
    title,
    tests: [{ status, results: messages.map((message) => ({ errors: [{ message }] })) }],
  });

  test('failed and flaky tests are told, also from suites within suites, and faults outside of tests', () => {
    const inner = { file: 'x.spec.ts', specs: [spec('shaky', 'flaky', '\u001b[31mtoo late\u001b[39m')] };
    const report = {
      suites: [
        { file: 'x.spec.ts', specs: [spec('fine', 'expected'), spec('bad', 'unexpected', 'no')], suites: [inner] },
      ],
      errors: [{ message: 'no browser' }],
    };
    expect(playwrightFaults(report)).toEqual([
      { test: 'x.spec.ts: bad', outcome: 'failed', message: 'no' },
      { test: 'x.spec.ts: shaky', outcome: 'passed at the second try', message: 'too late' },
      { test: 'outside of tests', outcome: 'failed', message: 'no browser' },
    ]);
  });
});

test('a fault is told with its message indented, shortened when it is long', () => {
  const message = Array.from({ length: 100 }, (_, line) => `line ${line}`).join('\n');
  const [fault] = playwrightFaults({ suites: [], errors: [{ message }] });
  expect(toldFault({ test: 'x', outcome: 'failed', message: 'a\nb' })).toBe('failed: x\n    a\n    b');
  expect(fault?.message.split('\n')).toHaveLength(14);
});

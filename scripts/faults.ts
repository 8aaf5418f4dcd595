import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';

/** A test that failed, or that passed only when it was tried again. */
export interface Fault {
  test: string;
  outcome: 'failed' | 'passed at the second try';
  /** What the (first) failed try said, shortened. */
  message: string;
}

const vitestSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string(),
      assertionResults: z.array(
        z.object({ fullName: z.string(), status: z.string(), failureMessages: z.array(z.string()) }),
      ),
    }),
  ),
});

/** Vitest's JSON reporter. */
export function vitestFaults(report: unknown): Fault[] {
  return vitestSchema.parse(report).testResults.flatMap(({ name, status, message, assertionResults }) => {
    const faults = assertionResults.flatMap((test) => {
      const [first] = test.failureMessages;
      if (first === undefined && test.status !== 'failed') return [];
      return [faultOf(`${name}: ${test.fullName}`, test.status === 'failed', first ?? '')];
    });
    const isFileFault = status === 'failed' && !faults.some(({ outcome }) => outcome === 'failed');
    return isFileFault ? [...faults, faultOf(name, true, message)] : faults;
  });
}

const playwrightSpec = z.object({
  title: z.string(),
  tests: z.array(
    z.object({
      status: z.string(),
      results: z.array(z.object({ errors: z.array(z.object({ message: z.string().optional() })) })),
    }),
  ),
});
const playwrightSuite = z.object({
  file: z.string(),
  specs: z.array(playwrightSpec),
  get suites() {
    return z.array(playwrightSuite).optional();
  },
});
const playwrightSchema = z.object({
  suites: z.array(playwrightSuite),
  errors: z.array(z.object({ message: z.string().optional() })),
});

/** Playwright's JSON reporter. */
export function playwrightFaults(report: unknown): Fault[] {
  const { suites, errors } = playwrightSchema.parse(report);
  const outside = errors.map(({ message }) => faultOf('outside of tests', true, message ?? ''));
  return [...suites.flatMap(suiteFaults), ...outside];
}

function suiteFaults({ file, specs, suites = [] }: z.infer<typeof playwrightSuite>): Fault[] {
  const own = specs.flatMap(({ title, tests }) =>
    tests
      .filter(({ status }) => status === 'unexpected' || status === 'flaky')
      .map(({ status, results }) => {
        const message = results.flatMap(({ errors }) => errors.map((error) => error.message ?? ''))[0] ?? '';
        return faultOf(`${file}: ${title}`, status === 'unexpected', message);
      }),
  );
  return [...own, ...suites.flatMap(suiteFaults)];
}

/** For the end of a long output, where people look first. */
export function toldFault({ test, outcome, message }: Fault): string {
  const lines = message.split('\n').map((line) => `    ${line}`);
  return [`${outcome}: ${test}`, ...lines].join('\n');
}

const shownLines = 14;

function faultOf(test: string, isFailed: boolean, message: string): Fault {
  const lines = stripVTControlCharacters(message)
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.includes('node_modules'));
  return {
    test,
    outcome: isFailed ? 'failed' : 'passed at the second try',
    message: lines.slice(0, shownLines).join('\n'),
  };
}

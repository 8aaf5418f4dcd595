import { spawn } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { exitOf } from './child.ts';
import { type Counts, none, single, withExitCode } from './counts.ts';
import { type Fault, playwrightFaults, vitestFaults } from './faults.ts';
import type { Missing } from './prerequisites.ts';
import { countPlaywright, countVitest } from './reports.ts';

export interface Step {
  name: string;
  run(): Promise<Counts>;
  /** What its report, once it ran, says of single tests. */
  faults?(): Fault[];
}

const root = join(import.meta.dirname, '..');
const reportDir = join(root, '.cache/test');

/** A program of node_modules/.bin that is one check: it passes with exit code 0. */
export function check(name: string, program: string, args: string[]): Step {
  return { name, run: async () => single((await runProgram(program, args)) === 0) };
}

/** A script of this folder that is one check. */
export function checkScript(name: string, script: string): Step {
  return { name, run: async () => single((await runNode([join(root, 'scripts', script)])) === 0) };
}

/** `projects`: one of `vitest.config.ts`, or a pattern of several. */
export function vitestStep(name: string, projects: string, exclude: string[] = []): Step {
  const report = join(reportDir, `${projects.replace('*', '')}.json`);
  const args = ['run', '--project', projects, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  for (const pattern of exclude) args.push('--exclude', pattern);
  return {
    name,
    run: () => counted(report, countVitest, () => runProgram('vitest', args)),
    faults: () => readReport(report, vitestFaults, []),
  };
}

/** The configuration of Playwright writes the report there. */
export function playwrightStep(name: string, filters: string[]): Step {
  const report = join(reportDir, 'e2e.json');
  return {
    name,
    run: () => counted(report, countPlaywright, () => runProgram('playwright', ['test', ...filters])),
    faults: () => readReport(report, playwrightFaults, []),
  };
}

/** A suite that cannot run here: each of its files counts as one skipped test, or as a failed one where all must run. */
export function cannotRun(name: string, patterns: string[], missing: Missing, mustRun: boolean): Step {
  return {
    name,
    async run() {
      const files = globSync(patterns, { cwd: root }).length;
      process.stderr.write(
        `NOT RUN: ${files} files of ${name} need ${missing.what}. To get it: ${missing.howToGetIt}.\n`,
      );
      return mustRun ? { ...none, failed: Math.max(1, files) } : { ...none, skipped: Math.max(1, files) };
    },
  };
}

async function counted(
  report: string,
  count: (report: unknown) => Counts,
  run: () => Promise<number>,
): Promise<Counts> {
  mkdirSync(reportDir, { recursive: true });
  rmSync(report, { force: true });
  const exitCode = await run();
  // No report: the program ended before its first test.
  return withExitCode(readReport(report, count, { ...none, failed: 1 }), exitCode);
}

function readReport<T>(report: string, read: (report: unknown) => T, missing: T): T {
  let text: string;
  try {
    text = readFileSync(report, 'utf8');
  } catch {
    return missing;
  }
  return read(JSON.parse(text));
}

function runProgram(program: string, args: string[]): Promise<number> {
  const bin = join(root, 'node_modules/.bin', program);
  return exitOf(spawn(bin, args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' }));
}

function runNode(args: string[]): Promise<number> {
  return exitOf(spawn(process.execPath, args, { cwd: root, stdio: 'inherit' }));
}

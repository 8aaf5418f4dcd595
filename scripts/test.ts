/**
 * `npm test`: every check, then the build, then what runs on real containers, processes and browsers. Ends with a table
 * and one line of counts. What is missing on this machine is told and skipped, or fails with CI=true.
 */
import { join } from 'node:path';
import { add, type Counts, none, summaryLine } from './counts.ts';
import { deployTests } from './deploy-tests.ts';
import { findDockerTests, findEngineTests } from './docker-tests.ts';
import { toldFault } from './faults.ts';
import { findPostgresTests } from './postgres-tests.ts';
import { findPrerequisites } from './prerequisites.ts';
import { cannotRun, check, checkScript, playwrightStep, type Step, vitestStep } from './test-steps.ts';

const root = join(import.meta.dirname, '..');
const mustRun = process.env.CI === 'true';
/** These make containers. The other suites need nothing but Node, and Chromium where they are end to end. */
const dockerTests = findDockerTests(root);
const postgresTests = findPostgresTests(root);
const dockerSpecs = ['e2e/**/*.docker.spec.ts'];
const withoutDocker = '^(?!.*[.]docker[.]spec[.])';

interface Row {
  name: string;
  counts: Counts;
  seconds: number;
}

const rows: Row[] = [];
const faults: string[] = [];
for (const step of await planSteps()) {
  process.stdout.write(`\n== ${step.name}\n`);
  const startedAt = performance.now();
  const counts = await step.run();
  rows.push({ name: step.name, counts, seconds: (performance.now() - startedAt) / 1000 });
  faults.push(...(step.faults?.() ?? []).map(toldFault));
}
const total = rows.map((row) => row.counts).reduce(add, none);
if (faults.length > 0) process.stdout.write(`\n== what did not pass at once\n${faults.join('\n')}\n`);
process.stdout.write(`\n${table(rows)}\n${summaryLine(total)}\n`);
process.exitCode = total.failed === 0 ? 0 : 1;

async function planSteps(): Promise<Step[]> {
  const { docker, chromium, postgres, engines, deploy } = await findPrerequisites(root);
  const steps = [
    check('types', 'tsc', ['-b']),
    check('lint and format', 'biome', ['ci', '.']),
    check('dead code', 'knip', []),
    vitestStep('unit tests', 'unit'),
    check('build', 'vite', ['build', '--logLevel', 'warn']),
    checkScript('bundle size', 'check-bundle-size.ts'),
  ];
  const withEngines = docker ? dockerTests : engines ? findEngineTests(root) : [];
  const impossible = [...withEngines, ...(postgres ? postgresTests : []), ...(deploy ? deployTests : [])];
  steps.push(vitestStep('integration tests', 'integration*', impossible));
  if (postgres) steps.push(cannotRun('integration tests with PostgreSQL', postgresTests, postgres, mustRun));
  if (deploy) steps.push(cannotRun('integration tests of deployments', deployTests, deploy, mustRun));
  if (docker) steps.push(cannotRun('integration tests with containers', dockerTests, docker, mustRun));
  else if (engines) steps.push(cannotRun('integration tests with other engines', withEngines, engines, mustRun));
  if (chromium) {
    steps.push(cannotRun('end to end tests', ['e2e/**/*.spec.ts'], chromium, mustRun));
    return steps;
  }
  steps.push(playwrightStep('end to end tests', docker ? [withoutDocker] : []));
  if (docker) steps.push(cannotRun('end to end tests with containers', dockerSpecs, docker, mustRun));
  return steps;
}

function table(all: Row[]): string {
  const width = Math.max(...all.map(({ name }) => name.length));
  const line = ({ name, counts, seconds }: Row) =>
    `${counts.failed > 0 ? 'FAIL' : 'ok  '} ${name.padEnd(width)}  ${summaryLine(counts)}  ${seconds.toFixed(1)} s`;
  return all.map(line).join('\n');
}

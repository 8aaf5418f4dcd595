import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
  env?: Record<string, string>;
}
interface Job {
  permissions?: Record<string, string>;
  'timeout-minutes'?: number;
  steps: Step[];
}
interface Workflow {
  on: Record<string, unknown>;
  permissions?: Record<string, string>;
  jobs: Record<string, Job>;
}

const root = join(import.meta.dirname, '..');
const folder = join(root, '.github/workflows');
const workflows = readdirSync(folder).map((name): [string, string, Workflow] => {
  const text = readFileSync(join(folder, name), 'utf8');
  return [name, text, parse(text)];
});
const scripts: Record<string, string> = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts;

test('there is one for each change, and one for releases', () => {
  expect(workflows.map(([name]) => name).sort()).toEqual(['ci.yml', 'release.yml']);
});

describe.each(workflows)('%s', (_name, text, workflow) => {
  const jobs = Object.values(workflow.jobs);
  const steps = jobs.flatMap((job) => job.steps);

  test('takes actions by the hash of a commit, with the version beside it', () => {
    const used = text.match(/uses: .*/g) ?? [];
    expect(used.length).toBeGreaterThan(0);
    for (const line of used) expect(line).toMatch(/^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('may only read, and leaves no credentials in the folder', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    for (const { uses, with: given } of steps)
      if (uses?.startsWith('actions/checkout@')) expect(given).toMatchObject({ 'persist-credentials': false });
  });

  test('ends by itself', () => {
    for (const job of jobs) expect(job['timeout-minutes']).toBeGreaterThan(0);
  });

  test('puts nothing from outside into a script', () => {
    for (const { run } of steps) expect(run ?? '').not.toContain('${{');
  });

  test('runs commands that there are', () => {
    for (const [, name] of steps.flatMap(({ run }) => [...(run ?? '').matchAll(/npm run ([\w:-]+)/g)]))
      expect(scripts).toHaveProperty([name ?? '']);
  });

  test('is never started by a stranger with the rights of the project', () => {
    expect(Object.keys(workflow.on)).not.toContain('pull_request_target');
    expect(Object.keys(workflow.on)).not.toContain('workflow_run');
  });
});

describe('a release', () => {
  const release = workflows.find(([name]) => name === 'release.yml')?.[2];

  test('is written by one job, which runs no code of packages', () => {
    const writing = Object.entries(release?.jobs ?? {}).filter(([, { permissions }]) => permissions !== undefined);
    expect(writing.map(([name]) => name)).toEqual(['draft']);
    const [, job] = writing[0] ?? [];
    expect(job?.permissions).toEqual({ contents: 'write', 'id-token': 'write', attestations: 'write' });
    for (const { run } of job?.steps ?? []) expect(run ?? '').not.toMatch(/\bnp[mx]\b|\bnode\b/);
  });

  test('is a draft, with checksums and provenance', () => {
    const text = JSON.stringify(release?.jobs.draft?.steps);
    for (const part of ['--draft', 'SHA256SUMS', 'attest-build-provenance', 'sbom.cdx.json'])
      expect(text).toContain(part);
  });

  test('hands each secret to the step that signs, and to the system that needs it', () => {
    const withSecrets = (release?.jobs.package?.steps ?? []).filter((step) =>
      JSON.stringify(step).includes('secrets.'),
    );
    expect(withSecrets).toHaveLength(1);
    for (const value of Object.values(withSecrets[0]?.env ?? {}))
      if (value.includes('secrets.'))
        expect(value).toMatch(/^\$\{\{ matrix\.platform == '(mac|win)' && secrets\.\w+ \|\| '' \}\}$/);
    expect(release?.on).toEqual({ push: { tags: expect.any(Array) } });
  });
});

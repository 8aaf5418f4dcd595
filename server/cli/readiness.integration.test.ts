import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ChecklistReport, checklistIds } from '../contract/checklist.ts';
import { openProgram } from './program.test-support.ts';

const realDocker = { DOCKER_HOST: 'unix:///var/run/docker.sock' };

describe('agentrail doctor --readiness', () => {
  it('asks the server that runs, which really answers and really ends a sandbox', async () => {
    const program = await openProgram('agentrail-readiness-');
    await mkdir(program.dataDir);
    await program.serve([], { env: { ...realDocker, UI_SECRET_TOKEN: 'a-token-of-more-than-20-characters' } });
    const { code, out } = await program.agentrail(['doctor', '--readiness', '--json']);
    const report = JSON.parse(out) as ChecklistReport;
    expect(report.items.map(({ id, result }) => [id, result !== undefined])).toEqual(
      checklistIds.map((id) => [id, true]),
    );
    const found = Object.fromEntries(report.items.map(({ id, result }) => [id, result]));
    expect(found.health).toMatchObject({ state: 'passed', code: 'health_answers' });
    expect(found.health?.evidence[0]).toMatchObject({ value: expect.stringMatching(/^200 .+ ms$/) });
    expect(found.shutdown).toMatchObject({ state: 'passed', code: 'shutdown_clean' });
    expect(found.sandbox_privilege).toMatchObject({ state: 'passed', code: 'privilege_least' });
    expect(found.logs?.evidence).toContainEqual({
      ...{ name: 'line written and found again', value: expect.stringMatching(/^yes, /) },
    });
    expect(found.cors?.evidence.at(-1)?.value).toMatch(/^200 .+Access-Control-Allow-Origin: none$/);
    expect(found.token).toMatchObject({ state: 'passed', code: 'token_refuses' });
    // A fresh directory has no backup, so something is left to fix.
    expect([code, report.verdict]).toEqual([1, 'not_ready']);
  });

  it('tests here without a server, says what could not be asked, and is fine once the rest is waived', async () => {
    const program = await openProgram('agentrail-readiness-');
    await mkdir(program.dataDir);
    const first = await program.agentrail(['doctor', '--readiness', '--json']);
    const report = JSON.parse(first.out) as ChecklistReport;
    const found = Object.fromEntries(report.items.map(({ id, result }) => [id, result]));
    expect(found.health).toMatchObject({ state: 'could_not_check', code: 'not_running' });
    expect(found.docker).toMatchObject({ state: 'failed', code: 'docker_missing' });
    expect(first.code).toBe(1);
    const waiver = { reason: 'a test', since: 1, expiresAt: Date.now() + 86_400_000, state: 'failed' };
    const waivers = Object.fromEntries(checklistIds.map((id) => [id, waiver]));
    await writeFile(join(program.dataDir, 'readiness.json'), JSON.stringify({ version: 1, waivers, results: {} }));
    const second = await program.agentrail(['doctor', '--readiness']);
    expect(second.out).toMatch(/^Ready for production, \d+ waived$/m);
    expect(second.out).toContain('waived until');
    expect(second.code).toBe(0);
  });

  it('says with 3 that there is no data directory owner to reach, and with 2 that a flag is none', async () => {
    const program = await openProgram('agentrail-readiness-');
    await mkdir(program.dataDir);
    expect((await program.agentrail(['doctor', '--readyness'])).code).toBe(2);
    const server = await program.serve();
    server.child.kill('SIGSTOP');
    const silent = await program.agentrail(['doctor', '--readiness']);
    server.child.kill('SIGCONT');
    expect([silent.code, silent.err]).toEqual([3, expect.stringContaining('did not answer')]);
  });
});

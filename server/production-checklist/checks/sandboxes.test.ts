import { expect, it } from 'vitest';
import type { ImageStatus } from '../../contract/sandbox.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Check } from '../check.ts';
import { fakeSurroundings, goodTrial, settingsOf } from '../fake-surroundings.test-support.ts';
import type { ChecklistSurroundings } from '../surroundings.ts';
import { idleTimeout } from './idle-timeout.ts';
import { docker, imagePinned, privilegeFaults, sandboxPrivilege, shutdown } from './sandboxes.ts';

const minute = 60_000;

async function run(check: Check, change: Partial<ChecklistSurroundings> = {}) {
  return check.run(await fakeSurroundings(change), new AbortController().signal);
}

it('Docker that is missing is told with every place where it was looked for', async () => {
  expect(await run(docker)).toMatchObject({ state: 'passed', params: { version: '28.1' } });
  const tries = [
    { endpoint: 'unix:///a', origin: 'DOCKER_HOST', state: 'not_running' as const, error: 'ECONNREFUSED' },
  ];
  const engine = async () => ({ state: 'not_running' as const, problem: 'Start it.', tries, checkedAt: 1 });
  expect(await run(docker, { engine })).toMatchObject({
    ...{ state: 'failed', code: 'docker_missing', params: { problem: 'Start it.' } },
    evidence: [{ name: 'unix:///a', value: 'not_running ECONNREFUSED' }],
  });
});

it('an image is pinned by its digest, or built here under a version of its own', async () => {
  const of = (reference: string, change: Partial<ImageStatus> = {}) => ({
    image: async (): Promise<ImageStatus> => ({
      ...{ reference, state: 'present', imageId: 'sha256:1', pinned: !/(^[^:]+|:latest)$/.test(reference), ...change },
    }),
  });
  expect(await run(imagePinned, of('r.example/a@sha256:22'))).toMatchObject({
    state: 'passed',
    code: 'image_by_digest',
  });
  expect(await run(imagePinned, of('sha256:22'))).toMatchObject({ state: 'passed' });
  expect(await run(imagePinned)).toMatchObject({ state: 'passed', code: 'image_built_here' });
  const digest = 'r.example/a@sha256:33';
  expect(await run(imagePinned, of('r.example/a:1', { digest }))).toMatchObject({
    ...{ state: 'warning', code: 'image_tag', fix: 'pin_image', fixValue: digest },
  });
  expect(await run(imagePinned, of('r.example/a:latest'))).toMatchObject({
    ...{ state: 'failed', code: 'image_floating', fix: 'pin_image', fixValue: 'sha256:1' },
  });
  expect(await run(imagePinned, of('a:1', { state: 'missing' }))).toMatchObject({ code: 'image_missing' });
});

it('a sandbox that has anything it should not is told by what it has', async () => {
  const good = goodTrial.inside;
  expect(privilegeFaults(good)).toEqual([]);
  expect(privilegeFaults({})).toHaveLength(7);
  const bad = [
    { uid: '0' },
    { capEff: '00000000000000c0' },
    { noNewPrivs: '0' },
    { seccomp: '0' },
    { root: 'writable' },
    { dockerSocket: 'present' },
    { interfaces: 'lo eth0' },
  ];
  for (const each of bad) expect(privilegeFaults({ ...good, ...each })).toHaveLength(1);
  expect(await run(sandboxPrivilege)).toMatchObject({ state: 'passed', code: 'privilege_least' });
  const root = async () => ({ ...goodTrial, inside: { ...good, uid: '0' } });
  expect(await run(sandboxPrivilege, { trySandbox: root })).toMatchObject({
    state: 'failed',
    params: { faults: 'uid 0' },
  });
  const settings = () => settingsOf({ sandbox: { grantSecrets: ['MY_KEY'] } });
  expect(await run(sandboxPrivilege, { settings })).toMatchObject({ state: 'warning', code: 'privilege_settings' });
});

it('a shutdown that leaves a container fails, and one that cannot be tried says why', async () => {
  expect(await run(shutdown)).toMatchObject({ state: 'passed', params: { ms: 42 } });
  const left = async () => ({ ...goodTrial, left: ['agentrail-1'] });
  expect(await run(shutdown, { trySandbox: left })).toMatchObject({
    state: 'failed',
    params: { names: 'agentrail-1' },
  });
  const settings = () => settingsOf({ shutdown: { drainMs: 0 } });
  expect(await run(shutdown, { settings })).toMatchObject({ state: 'warning', code: 'shutdown_no_drain' });
  const trySandbox = () => Promise.reject(new AppError('image_missing', 'There is no image.'));
  expect(await run(shutdown, { trySandbox })).toMatchObject({
    ...{ state: 'could_not_check', code: 'sandbox_refused', params: { reason: 'There is no image.' } },
    evidence: [{ name: 'fault', value: 'image_missing' }],
  });
});

it('the idle timeout is judged by the pauses that people make', async () => {
  const use = (pauseMs: number, idleTimeoutMs: number, count = 40) => ({
    settings: () => settingsOf({ sandbox: { idleTimeoutMs } }),
    pauses: async () => ({ sessions: 4, pausesMs: Array.from({ length: count }, () => pauseMs) }),
  });
  expect(await run(idleTimeout, use(8 * minute, 20 * minute))).toMatchObject({
    state: 'passed',
    params: { share: 100 },
  });
  expect(await run(idleTimeout, use(30 * minute, 20 * minute))).toMatchObject({
    ...{ state: 'warning', code: 'idle_too_short', fix: 'set_idle_timeout', fixValue: String(40 * minute) },
  });
  expect(await run(idleTimeout, use(minute, 60 * minute))).toMatchObject({
    ...{ state: 'warning', code: 'idle_too_long', fixValue: String(5 * minute) },
  });
  expect(await run(idleTimeout, use(minute, 20 * minute, 5))).toMatchObject({ code: 'idle_too_little_use' });
  // Who was away for a day is not waited for.
  expect(await run(idleTimeout, use(1440 * minute, 20 * minute))).toMatchObject({ code: 'idle_too_little_use' });
});

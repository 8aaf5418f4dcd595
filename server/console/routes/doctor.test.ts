import { chmod, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DoctorProgress, RepairInfo, RepairPlan, RepairReport } from '../../contract/doctor.ts';
import { makeDataDir, makeDoctor, surroundings } from '../../doctor/testing.test-support.ts';
import { json, makeConsole } from '../fakes.test-support.ts';

const at = '/console/api/doctor';

async function make() {
  const dataDir = await makeDataDir();
  const file = path.join(dataDir, 'vault.key');
  await writeFile(file, 'key');
  await chmod(file, 0o644);
  return { ...makeConsole({ doctor: makeDoctor(surroundings(dataDir)) }), file };
}

describe('doctor in the console', () => {
  it('tells each check as it ends, and remembers the last report', async () => {
    const { ask } = await make();
    expect(await (await ask(at)).json()).toEqual({ report: null });
    const text = await (await ask(`${at}/run`, { method: 'POST' })).text();
    const events = text
      .split('\n\n')
      .filter(Boolean)
      .map((block) => JSON.parse(block.replace(/^data: /, '')) as DoctorProgress);
    const [first] = events;
    const count = first?.type === 'begin' ? first.checks.length : 0;
    expect(events.filter(({ type }) => type === 'result').length).toBe(count);
    expect(events.at(-1)).toMatchObject({ type: 'done', report: { state: 'warn' } });
    expect(await (await ask(at)).json()).toMatchObject({ report: { state: 'warn' } });
  });

  it.skipIf(process.platform === 'win32')('repairs what was shown, undoes it, and forgets it', async () => {
    const { ask, file } = await make();
    const plan = (await (await ask(`${at}/repairs/permissions/plan`)).json()) as RepairPlan;
    expect(plan.changes).toEqual([{ type: 'mode', path: 'vault.key', from: '644', to: '600' }]);
    const wrong = await ask(`${at}/repairs/permissions`, json('POST', { fingerprint: 'other' }));
    expect([wrong.status, await wrong.json()]).toMatchObject([409, { code: 'repair_changed' }]);
    const done = await ask(`${at}/repairs/permissions`, json('POST', { fingerprint: plan.fingerprint }));
    const { id } = (await done.json()) as RepairReport;
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await ask(`${at}/undo/${id}`, { method: 'POST' })).status).toBe(200);
    expect((await stat(file)).mode & 0o777).toBe(0o644);
    expect((await ask(`${at}/repairs/${id}`, { method: 'DELETE' })).status).toBe(200);
    expect((await (await ask(`${at}/repairs`)).json()) as RepairInfo[]).toEqual([]);
  });

  it('knows no other repairs, and is not there where nobody manages the data', async () => {
    const { ask } = await make();
    expect((await ask(`${at}/repairs/everything`, json('POST', { fingerprint: '' }))).status).toBe(400);
    expect((await ask(`${at}/undo/..%2F..`, { method: 'POST' })).status).toBe(404);
    expect((await makeConsole().ask(at)).status).toBe(503);
  });
});

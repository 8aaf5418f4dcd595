import { expect, it } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { type DoctorCheck, runChecks } from './run-checks.ts';

const check = (name: string, run: DoctorCheck['run'], timeoutMs = 1000): DoctorCheck => ({
  ...{ name, title: name, run, timeoutMs },
});
const ok = check('fine', async () => ({ state: 'ok', evidence: 'It is.' }));

it('doctor is as well as its worst check, and one that fails or hangs harms no other', async () => {
  const never = check('hangs', () => new Promise(() => undefined), 5);
  const throws = check('throws', () => Promise.reject(new Error('broken')));
  const bad = check('bad', async () => ({ state: 'bad', evidence: 'Wrong.', fix: 'Mend it.' }));
  const none = check('none', async () => ({ state: 'not_applicable', evidence: '' }));
  expect(await runChecks([ok, none], { clock: systemClock })).toMatchObject({ state: 'ok' });
  const report = await runChecks([ok, never, throws], { clock: systemClock });
  expect(report).toMatchObject({
    state: 'warn',
    checks: [{ state: 'ok' }, { state: 'could_not_check' }, { state: 'could_not_check', evidence: 'broken' }],
  });
  expect(await runChecks([ok, throws, bad], { clock: systemClock })).toMatchObject({ state: 'bad' });
});

it('doctor ends at once when it is told to', async () => {
  const abort = new AbortController();
  const waits = check('waits', (signal) => new Promise((_, reject) => signal.addEventListener('abort', reject)));
  const running = runChecks([waits], { clock: systemClock, signal: abort.signal });
  abort.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
});

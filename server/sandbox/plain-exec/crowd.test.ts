import { expect, it } from 'vitest';
import { createCrowd } from './crowd.ts';

it('clears for the only one, while newcomers wait, and not for one of several', async () => {
  const crowd = createCrowd();
  const events: string[] = [];
  const leave = await crowd.enter('command');
  const { promise, resolve } = Promise.withResolvers<void>();
  const cleared = crowd.whenAlone(async () => {
    events.push('clears');
    await promise;
  });
  const late = crowd.enter('command').then((done) => {
    events.push('is in');
    return done;
  });
  await crowd.whenAlone(async () => events.push('clears twice'));
  resolve();
  await cleared;
  const leaveToo = await late;
  await crowd.whenAlone(async () => events.push('clears beside another'));
  leave();
  leave();
  await crowd.whenAlone(async () => events.push('clears again'));
  leaveToo();
  expect(events).toEqual(['clears', 'is in', 'clears again']);
});

it('lets everyone in again after a clearing that failed', async () => {
  const crowd = createCrowd();
  await crowd.enter('command');
  await expect(crowd.whenAlone(() => Promise.reject(new Error('x')))).rejects.toThrow('x');
  await expect(crowd.enter('command')).resolves.toBeTypeOf('function');
});

it('waits for steps that are under way', async () => {
  const crowd = createCrowd();
  const events: string[] = [];
  await crowd.enter('command');
  const endStep = await crowd.enter('step');
  const cleared = crowd.whenAlone(async () => events.push('clears'));
  events.push('step');
  endStep();
  await cleared;
  expect(events).toEqual(['step', 'clears']);
});

import type Docker from 'dockerode';
import { expect, it } from 'vitest';
import { createTestClock } from '../fixtures/test-clock.ts';
import { executeInContainer } from './execute.ts';

const traits = { apiVersion: 'v1.41', product: 'docker', workspaces: 'bind', runtimes: [], engineId: 'x' } as const;

/** An engine that gives these answers to the wish for a command, one after the other. */
function refusing(...faults: object[]) {
  let asked = 0;
  const exec = () => {
    asked += 1;
    return Promise.reject(faults[Math.min(asked, faults.length) - 1]);
  };
  const docker = { getContainer: () => ({ exec }) } as unknown as Docker;
  const clock = createTestClock();
  const engine = {
    docker,
    endpoint: { kind: 'socket', path: '/x' } as const,
    traits: { ...traits, runtimes: [] },
    clock,
  };
  const result = executeInContainer(engine, 'c', { argv: ['true'], user: '1:1', hasInput: false }, () => undefined);
  result.catch(() => undefined);
  return { result, clock, asked: () => asked };
}

const paused = { statusCode: 409, message: 'Container c is paused, unpause the container before exec' };

it('a container that the engine still takes for paused is asked again', async () => {
  const { result, clock, asked } = refusing(paused, paused, { statusCode: 404, message: 'No such container' });
  for (let count = 0; count < 2; count += 1) {
    await clock.untilSleeping(50);
    clock.advance(50);
  }
  await expect(result).rejects.toMatchObject({ code: 'sandbox_lost' });
  expect(asked()).toBe(3);
});

it('but not for ever, and not when it does not run', async () => {
  const { result, clock } = refusing(paused);
  for (let count = 0; count < 10; count += 1) {
    await clock.untilSleeping(50);
    clock.advance(50);
  }
  await expect(result).rejects.toMatchObject({ code: 'sandbox_lost' });
  const stopped = refusing({ statusCode: 409, message: 'Container c is not running' });
  await expect(stopped.result).rejects.toMatchObject({ code: 'sandbox_lost' });
  expect(stopped.asked()).toBe(1);
});

import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { ContainerEngine, RunningContainer } from '../container-engine.ts';
import { sandboxFault } from '../faults.ts';
import { createGate } from '../gate.ts';
import type { AgentAnswer, AgentCall, AgentClient } from '../wire/agent-client.ts';
import { createCrowd } from './crowd.ts';
import { createPlainCommands } from './plain-command.ts';
import { createPlainFiles } from './plain-files.ts';
import type { PlainRun } from './run-plain.ts';

/** The engine works them off one after the other; more at once only wait there. */
const startsAtOnce = 4;

export interface PlainAgentOptions {
  engine: ContainerEngine;
  container: RunningContainer;
  uid: number;
  gid: number;
  home: string;
  clock: Clock;
}

/**
 * Stands in for the agent inside where the image has no Python: every call is a program that the engine starts. Slower,
 * and with fewer promises; docs/sandbox.md has them.
 */
export function createPlainAgent(options: PlainAgentOptions): AgentClient {
  const { engine, container, uid, gid, home, clock } = options;
  const run: PlainRun = {
    engine,
    containerId: container.containerId,
    user: `${uid}:${gid}`,
    clock,
    inTurn: createGate(startsAtOnce),
  };
  const crowd = createCrowd();
  const commands = createPlainCommands(run, home, crowd);
  const files = createPlainFiles(run);
  const ended = Promise.withResolvers<AppError>();
  let closeReason: AppError | undefined;

  function end(said: string, cause?: unknown): void {
    closeReason ??= sandboxFault('sandbox_lost', { said, cause });
    container.input.destroy();
    ended.resolve(closeReason);
  }

  async function watch(): Promise<void> {
    for await (const _ of container.output) {
      // It has nothing to say; its end is what counts.
    }
  }
  watch().then(
    () => end('The container ended.'),
    (cause: unknown) => end('The connection to the container broke.', cause),
  );
  container.input.on('error', (cause) => end('The connection to the container broke.', cause));

  async function answer(call: AgentCall<unknown>): Promise<AgentAnswer<unknown>> {
    if (call.op === 'exec' && !call.onStart) {
      return commands.run(call);
    }
    if (call.op === 'ping') {
      return { result: {}, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0), gone: Promise.resolve() };
    }
    const operation = files[call.op];
    if (!operation) {
      const sentence =
        'This image has no Python, so the sandbox cannot do this. Use an image with Python 3.8 or later.';
      throw new AppError('image_unusable', sentence, { status: 503 });
    }
    const { result, stdout } = await operation(call);
    return { result, stdout, stderr: Buffer.alloc(0), gone: Promise.resolve() };
  }

  return {
    net: { take: () => undefined, send: () => undefined },
    closed: ended.promise,
    close: () => end('The sandbox was stopped.'),
    async call(call) {
      if (closeReason) {
        throw closeReason;
      }
      const leave = await crowd.enter(call.op === 'exec' ? 'command' : 'step');
      try {
        const given = await Promise.race([answer(call), ended.promise.then((reason) => Promise.reject(reason))]);
        return { ...given, result: call.result.parse(given.result) };
      } catch (fault) {
        throw closeReason ?? fault;
      } finally {
        leave();
      }
    },
  };
}

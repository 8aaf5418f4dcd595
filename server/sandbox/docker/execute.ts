import type Docker from 'dockerode';
import type { Clock } from '../../lib/clock.ts';
import type { EngineCommand, EngineProcess, EngineTraits } from '../container-engine.ts';
import { sandboxFault } from '../faults.ts';
import { retryUntil } from '../retry-until.ts';
import { hijack } from './attach.ts';
import { demux } from './demux.ts';
import type { Endpoint } from './endpoint.ts';
import { mapEngineFault } from './faults.ts';

interface Engine {
  docker: Docker;
  endpoint: Endpoint;
  traits: EngineTraits;
  clock: Clock;
}

/** An engine may take a container for paused for a moment after it went on. */
const resumed = { everyMs: 50, boundMs: 500 };

export async function executeInContainer(
  { docker, endpoint, traits, clock }: Engine,
  nameOrId: string,
  { argv, user, cwd, env = {}, hasInput }: EngineCommand,
  onStderr: (chunk: Buffer) => void,
): Promise<EngineProcess> {
  try {
    const options: Docker.ExecCreateOptions = {
      Cmd: argv,
      User: user,
      Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      ...(cwd === undefined ? {} : { WorkingDir: cwd }),
      AttachStdin: hasInput,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
    };
    const exec = await onceResumed(clock, () => docker.getContainer(nameOrId).exec(options));
    const path = `/${traits.apiVersion}/exec/${exec.id}/start`;
    const input = await hijack(endpoint, path, JSON.stringify({ Detach: false, Tty: false }));
    return {
      input,
      output: demux(input, onStderr),
      async exitCode() {
        const { Running, ExitCode } = await exec.inspect();
        return Running ? undefined : (ExitCode ?? undefined);
      },
    };
  } catch (cause) {
    const status = (cause as { statusCode?: number }).statusCode;
    throw status === 404 || status === 409 ? sandboxFault('sandbox_lost', { cause }) : mapEngineFault(cause, 'start');
  }
}

async function onceResumed<Result>(clock: Clock, ask: () => Promise<Result>): Promise<Result> {
  let refusal: unknown;
  let result: { value: Result } | undefined;
  await retryUntil(clock, resumed, async () => {
    try {
      result = { value: await ask() };
    } catch (cause) {
      const { statusCode, message = '' } = cause as { statusCode?: number; message?: string };
      refusal = cause;
      return statusCode !== 409 || !/paused/i.test(message);
    }
    return true;
  });
  if (!result) {
    throw refusal;
  }
  return result.value;
}

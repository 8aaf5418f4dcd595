import type Docker from 'dockerode';
import type { EngineCommand, EngineProcess, EngineTraits } from '../container-engine.ts';
import { sandboxFault } from '../faults.ts';
import { hijack } from './attach.ts';
import { demux } from './demux.ts';
import type { Endpoint } from './endpoint.ts';
import { mapEngineFault } from './faults.ts';

interface Engine {
  docker: Docker;
  endpoint: Endpoint;
  traits: EngineTraits;
}

export async function executeInContainer(
  { docker, endpoint, traits }: Engine,
  nameOrId: string,
  { argv, user, cwd, env = {}, hasInput }: EngineCommand,
  onStderr: (chunk: Buffer) => void,
): Promise<EngineProcess> {
  try {
    const exec = await docker.getContainer(nameOrId).exec({
      Cmd: argv,
      User: user,
      Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      ...(cwd === undefined ? {} : { WorkingDir: cwd }),
      AttachStdin: hasInput,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
    });
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

import type { Clock } from '../../lib/clock.ts';
import type { ContainerEngine, ContainerSpec } from '../container-engine.ts';
import { sandboxFault } from '../faults.ts';
import type { AgentClient } from '../wire/agent-client.ts';
import { execResultSchema } from '../wire/messages.ts';
import { createPlainAgent } from './plain-agent.ts';
import { holdScript } from './scripts.ts';

export const plainSentence =
  'This image has no Python: the engine starts each command, which is slower and ends less surely what commands leave. Use an image with Python 3.8 or later.';

const proofTimeoutMs = 20_000;

/** Starts a container of an image without Python. When it fails nothing of it is left. */
export async function startPlain(
  engine: ContainerEngine,
  spec: Omit<ContainerSpec, 'command'>,
  clock: Clock,
): Promise<{ containerId: string; agent: AgentClient }> {
  const command = ['/bin/sh', '-c', holdScript];
  const container = await engine.run({ ...spec, command }, () => undefined);
  const { uid, gid } = spec;
  const agent = createPlainAgent({ engine, container, uid, gid, home: '/home/agent', clock });
  try {
    const { result } = await agent.call({
      op: 'exec',
      params: {
        argv: ['/bin/sh', '-c', 'test -w /workspace'],
        cwd: '/workspace',
        env: {},
        timeoutMs: proofTimeoutMs,
        maxOutputBytes: 1024,
        killLeftovers: false,
      },
      result: execResultSchema,
    });
    if (result.code !== 0) {
      throw sandboxFault(result.code === 1 ? 'workspace_not_writable' : 'image_unusable');
    }
    return { containerId: container.containerId, agent };
  } catch (fault) {
    agent.close();
    await engine.remove(spec.name);
    throw fault;
  }
}

import { AppError, messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import { commandFor, encodeAgentSource } from './bootstrap.ts';
import type { ContainerEngine, ContainerSpec } from './container-engine.ts';
import type { Gateway } from './egress/gateway.ts';
import { sandboxFault } from './faults.ts';
import { plainSentence, startPlain } from './plain-exec/start-plain.ts';
import { handOverSkills } from './shown-skills/hand-over.ts';
import { createStderrLog, type StderrLog } from './stderr-log.ts';
import { type AgentClient, createAgentClient } from './wire/agent-client.ts';
import { helloResultSchema, protocolVersion } from './wire/messages.ts';

const helloTimeoutMs = 20_000;
/** Of what the container writes to stderr, which is where Python says why it did not start. */
const maxStderr = 4096;

export interface StartedSandbox {
  containerId: string;
  agent: AgentClient;
  /** Absent: there is no agent inside. */
  stderr?: Pick<StderrLog, 'belongsTo'>;
  /** Resolves when it carries the name that it was claimed under, or has ended; never rejects. Absent: it does. */
  named?: Promise<void>;
  /** Only where the workspace is not a folder of this machine. */
  workspace?: {
    /** Brings it here; while the agent still answers. */
    save(): Promise<void>;
    /** After the container is gone: takes away what held it, if it was saved. */
    release(): Promise<void>;
  };
  /** Absent: commands get no variables of ours, and there is no way out. */
  gateway?: Gateway;
}

export interface StartOptions {
  engine: ContainerEngine;
  spec: Omit<ContainerSpec, 'command'>;
  agentSource: string;
  /** Ids of images that turned out to have no Python; added to. */
  plainImages: Set<string>;
  clock: Clock;
  logger: Logger;
}

/**
 * Starts a container and waits until the agent inside answers; where the image has no Python, one that does without.
 * When it fails nothing of it is left.
 */
export async function startSandbox(options: StartOptions): Promise<StartedSandbox> {
  const { engine, spec, plainImages, clock, logger } = options;
  // Files travel to and from volumes by Python.
  const mayBePlain = spec.workspaceVolume === undefined;
  if (mayBePlain && plainImages.has(spec.image)) {
    return startPlain(engine, spec, clock);
  }
  try {
    return await startWithAgent(options);
  } catch (fault) {
    if (!mayBePlain || !(fault instanceof AppError) || fault.code !== 'image_unusable') {
      throw fault;
    }
    const started = await startPlain(engine, spec, clock).catch(() => Promise.reject(fault));
    plainImages.add(spec.image);
    logger.warn(plainSentence, { container: spec.name });
    return started;
  }
}

async function startWithAgent(options: StartOptions): Promise<StartedSandbox> {
  const { engine, spec, clock, logger } = options;
  const log = createStderrLog(logger, clock, spec.name);
  let stderr = '';
  const container = await engine.run({ ...spec, command: commandFor(spec) }, (chunk) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-maxStderr);
    log.add(chunk);
  });
  if (spec.skills?.from === 'start') await handOverSkills(container.input, spec.skills.dir);
  container.input.write(encodeAgentSource(options.agentSource));
  const agent = createAgentClient(container);
  try {
    await greet(agent, options);
    return { containerId: container.containerId, agent, stderr: log };
  } catch (cause) {
    agent.close();
    await engine.remove(spec.name).catch((fault: unknown) => {
      logger.warn('A container that did not start is left.', { container: spec.name, error: messageOf(fault) });
    });
    throw explainStart(cause, stderr);
  }
}

/** A container that ends before it says hello said why on its stderr. */
function explainStart(cause: unknown, stderr: string): AppError {
  if (cause instanceof AppError && cause.code !== 'sandbox_lost') {
    return cause;
  }
  const isPythonMissing = /python3|catatonit/.test(stderr) && /not found|no such file/i.test(stderr);
  return sandboxFault(isPythonMissing ? 'image_unusable' : 'agent_lost', { cause, said: stderr });
}

async function greet(agent: AgentClient, { spec, clock }: StartOptions): Promise<void> {
  const answered = new AbortController();
  const tooLate = clock.sleep(helloTimeoutMs, answered.signal).then(() => {
    throw sandboxFault('agent_lost');
  });
  const hello = agent.call({
    op: 'hello',
    params: { uid: spec.uid, gid: spec.gid, home: '/home/agent' },
    result: helloResultSchema,
  });
  try {
    const { result } = await Promise.race([hello, tooLate]);
    if (result.protocol !== protocolVersion) {
      throw sandboxFault('agent_lost', { said: `The agent speaks protocol ${result.protocol}.` });
    }
    if (!result.workspaceWritable) {
      throw sandboxFault('workspace_not_writable');
    }
  } finally {
    answered.abort();
    tooLate.catch(() => undefined);
    hello.catch(() => undefined);
  }
}

import type { Config } from '../contract/config.ts';
import type { EngineStatus } from '../contract/sandbox.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { AgentSandboxSettings } from './agent-settings.ts';
import type { EngineEnv } from './docker/discovery.ts';
import type { GatewayWorld } from './egress/gateway.ts';
import type { EngineLink } from './engine-link.ts';
import type { ExecResult } from './sandbox.ts';
import type { ShownSkill } from './shown-skills/skill-snapshots.ts';

export interface SandboxManagerOptions {
  /** The sandbox part of the configuration in force; read at every use. */
  config: () => Config['sandbox'];
  /** What an agent's sandboxes have otherwise. */
  agentSettings?: (agentId: string) => AgentSandboxSettings | undefined;
  /** Secrets, names and addresses, for what may leave a sandbox; default: no secrets. */
  world?: GatewayWorld;
  /** Absolute. */
  dataDir: string;
  instanceId: string;
  clock: Clock;
  logger: Logger;
  env: EngineEnv;
  /** From readAgentSource. */
  agentSource: string;
  /** The enabled skills, asked as a sandbox starts; default: none. */
  skills?: () => Promise<readonly ShownSkill[]>;
  /** Folder with the Dockerfile of the bundled image. */
  imageFolder?: string;
  /** Bytes that the machine could still give; default: asked of the kernel. */
  availableMemory?: () => number;
  /** Told of each command that ended, but for background commands. Must not throw. */
  onExec?: (result: Pick<ExecResult, 'endedBy' | 'durationMs'>) => void;
  /** How ssh is started; default `ssh`. */
  sshCommand?: string[];
  /** Takes the place of Docker in unit tests. */
  engineLink?: (onChange: (status: EngineStatus) => void) => EngineLink;
}

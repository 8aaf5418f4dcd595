import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../contract/config.ts';
import type { EngineStatus } from '../contract/sandbox.ts';
import { newId } from '../lib/new-id.ts';
import { createSshTunnels } from './docker/ssh-tunnels.ts';
import { createDockerLink } from './docker-link.ts';
import { createSandboxManager, type SandboxManagerOptions } from './sandbox-manager.ts';

export interface SandboxTrialOptions
  extends Pick<SandboxManagerOptions, 'config' | 'clock' | 'env' | 'agentSource' | 'logger' | 'sshCommand'> {
  /** Absolute. The trial makes a folder of its own in it and removes that again. */
  dataDir: string;
}

/** What a throw-away sandbox was seen to be and to do. */
export interface SandboxTrial {
  engine: EngineStatus;
  /** From the ask to the end of the first command. */
  startMs: number;
  containerId: string;
  /** What commands inside see of themselves, by name. */
  inside: Record<string, string>;
  /** The engine's clock less this machine's, half of the question's time allowed for. */
  engineAheadMs: number;
  stopMs: number;
  /** Names of containers of the trial that are there after its manager was told to end them. */
  left: string[];
}

/** Prints `name=value` lines. `/proc/net` is there without any tool. */
const lookInside = `
echo "uid=$(id -u)"
sed -n 's/^CapEff:[[:space:]]*/capEff=/p; s/^NoNewPrivs:[[:space:]]*/noNewPrivs=/p; s/^Seccomp:[[:space:]]*/seccomp=/p' /proc/self/status
if touch /.write-probe 2>/dev/null; then echo root=writable; else echo root=read-only; fi
if [ -S /var/run/docker.sock ]; then echo dockerSocket=present; else echo dockerSocket=absent; fi
echo "interfaces=$(sed -n 's/^ *\\([^: ]*\\):.*/\\1/p' /proc/net/dev | tr '\\n' ' ')"
`;

/**
 * Starts one sandbox under a manager of its own, which the settings in force are given to, and ends it as a graceful
 * shutdown does. Nothing of it stays, also when the signal fires. Throws the sandbox's faults.
 */
export async function trySandbox(options: SandboxTrialOptions, signal: AbortSignal): Promise<SandboxTrial> {
  const { clock, logger, env } = options;
  const scratch = join(options.dataDir, `.sandbox-trial-${newId('instance')}`);
  const instanceId = newId('instance');
  const tunnels = createSshTunnels({ command: options.sshCommand ?? ['ssh'], clock, logger });
  const config = () => trialSettings(options.config());
  const link = createDockerLink({
    ...{ config, clock, env, tunnels, uid: process.getuid?.() },
    onChange: () => undefined,
    onConnect: () => undefined,
  });
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  const manager = createSandboxManager({ ...options, config, dataDir: scratch, instanceId });
  const mine = async () => {
    const found = await (await link.use()).list(`run.agentrail.instance=${instanceId}`);
    return found.map(({ name }) => name);
  };
  try {
    const engine = await manager.probe();
    const began = clock.monotonic();
    const sandbox = await manager.acquire({ tenantId: 'trial', sessionId: newId('session') }, signal);
    const { stdout } = await sandbox.exec({ command: { shell: lookInside }, timeoutMs: 15_000, signal });
    const startMs = clock.monotonic() - began;
    signal.throwIfAborted();
    const engineAheadMs = await engineAhead();
    const [containerId = ''] = await mine();
    const stopping = clock.monotonic();
    const { left } = await manager.destroyAll();
    const stopMs = clock.monotonic() - stopping;
    return {
      ...{ engine, startMs, containerId, engineAheadMs, stopMs },
      inside: readFacts(Buffer.from(stdout).toString('utf8')),
      left: [...new Set([...left, ...(await mine())])],
    };
  } finally {
    await manager.close();
    await tunnels.close();
    await rm(scratch, { recursive: true, force: true });
  }

  async function engineAhead(): Promise<number> {
    const engine = await link.use();
    const before = clock.now();
    const there = await engine.now();
    return there - (before + clock.now()) / 2;
  }
}

/** As the settings say, but alone: no way out, nothing that is secret or another's, and none that waits. */
function trialSettings(settings: Config['sandbox']): Config['sandbox'] {
  return { ...settings, warmPool: 0, network: 'none', env: {}, grantSecrets: [], secretProxy: [] };
}

function readFacts(text: string): Record<string, string> {
  const pairs = text.split('\n').flatMap((line) => {
    const at = line.indexOf('=');
    return at <= 0
      ? []
      : [
          [
            line.slice(0, at),
            line
              .slice(at + 1)
              .trim()
              .slice(0, 200),
          ] as const,
        ];
  });
  return Object.fromEntries(pairs);
}

import type { EngineStatus } from '../contract/sandbox.ts';
import { discoverEngine } from './docker/discovery.ts';
import { createDockerEngine } from './docker/docker-engine.ts';
import type { createSshTunnels } from './docker/ssh-tunnels.ts';
import { createEngineLink, type EngineLink } from './engine-link.ts';
import type { SandboxManagerOptions } from './sandbox-manager-options.ts';

export interface DockerLinkOptions extends Pick<SandboxManagerOptions, 'config' | 'clock' | 'env'> {
  tunnels: ReturnType<typeof createSshTunnels>;
  /** Of this process; undefined where the platform knows no such numbers. */
  uid: number | undefined;
  onChange(status: EngineStatus): void;
  /** Whether the engine that is connected now can mount folders of this machine. */
  onConnect(hasFolders: boolean): void;
}

/** The link to whichever Docker engine the configuration and this machine lead to. */
export function createDockerLink(options: DockerLinkOptions): EngineLink {
  const { config, clock, tunnels } = options;
  return createEngineLink({
    async discover() {
      const found = await discoverEngine({
        dockerHost: config().dockerHost,
        dockerCertPath: config().dockerCertPath,
        allowsPlainTcp: config().allowPlainTcp,
        tunnels,
        env: options.env,
        platform: process.platform,
        uid: options.uid,
        now: clock.now(),
      });
      if (!found.status.tries.some(({ endpoint }) => endpoint.startsWith('ssh:'))) {
        await tunnels.rest();
      }
      return found;
    },
    connect(engine) {
      options.onConnect(engine.traits.workspaces === 'bind');
      return createDockerEngine(engine, clock);
    },
    onChange: options.onChange,
  });
}

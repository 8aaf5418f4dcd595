import type Docker from 'dockerode';
import type { ContainerSpec, VolumeEngine } from '../container-engine.ts';
import { mapEngineFault } from './faults.ts';

/** The options with the volume in the place of the folder, where the spec has one. */
export function mountWorkspace(
  options: Docker.ContainerCreateOptions,
  { workspaceVolume, runtime }: ContainerSpec,
): Docker.ContainerCreateOptions {
  const { HostConfig: host = {} } = options;
  const withRuntime = runtime === undefined ? host : { ...host, Runtime: runtime };
  if (workspaceVolume === undefined) {
    return { ...options, HostConfig: withRuntime };
  }
  const mounts = (host.Mounts ?? []).filter(({ Target }) => Target !== '/workspace');
  const volume = { Type: 'volume' as const, Source: workspaceVolume, Target: '/workspace', ReadOnly: false };
  return {
    ...options,
    HostConfig: {
      ...withRuntime,
      // A new volume belongs to root: the first process gives it to the commands' user.
      CapAdd: [...(host.CapAdd ?? []), 'CHOWN'],
      Mounts: [...mounts, volume],
    },
  };
}

export function createDockerVolumes(docker: Docker): VolumeEngine {
  const unlessGone = (cause: unknown): undefined => {
    if ((cause as { statusCode?: number }).statusCode !== 404) {
      throw mapEngineFault(cause, 'volume');
    }
  };

  return {
    async createVolume(name, labels) {
      try {
        await docker.createVolume({ Name: name, Labels: labels });
      } catch (cause) {
        throw mapEngineFault(cause, 'volume');
      }
    },
    async hasVolume(name) {
      return (await docker.getVolume(name).inspect().catch(unlessGone)) !== undefined;
    },
    async removeVolume(name) {
      await docker.getVolume(name).remove().catch(unlessGone);
    },
    async listVolumes(label) {
      try {
        const { Volumes } = await docker.listVolumes({ filters: { label: [label] } });
        return (Volumes ?? []).map(({ Name, Labels }) => ({ name: Name, labels: Labels ?? {} }));
      } catch (cause) {
        throw mapEngineFault(cause, 'volume');
      }
    },
  };
}

import type Docker from 'dockerode';
import type { NetworkEngine } from '../network/network-engine.ts';
import { mapEngineFault } from './faults.ts';

export function createDockerNetworks(docker: Docker): NetworkEngine {
  return {
    async createNetwork({ name, bridge, labels }) {
      try {
        await docker.createNetwork({
          Name: name,
          // Another network of this name is told, not doubled.
          CheckDuplicate: true,
          Driver: 'bridge',
          Internal: false,
          EnableIPv6: false,
          Labels: labels,
          Options: {
            'com.docker.network.bridge.name': bridge,
            'com.docker.network.bridge.enable_icc': 'false',
            'com.docker.network.bridge.enable_ip_masquerade': 'true',
          },
        });
      } catch (cause) {
        throw mapEngineFault(cause, 'network');
      }
    },
    async removeNetwork(name) {
      try {
        await docker.getNetwork(name).remove();
      } catch (cause) {
        const isGone = typeof cause === 'object' && cause !== null && 'statusCode' in cause && cause.statusCode === 404;
        if (!isGone) throw mapEngineFault(cause, 'network');
      }
    },
    async listNetworks(label) {
      try {
        const found = await docker.listNetworks({ filters: { label: [label] } });
        return found.map(({ Name, Labels, Options, IPAM }) => {
          const bridge = Options?.['com.docker.network.bridge.name'];
          const gateway = IPAM?.Config?.[0]?.Gateway;
          return {
            name: Name,
            labels: Labels ?? {},
            ...(bridge !== undefined && { bridge }),
            ...(gateway !== undefined && { gateway }),
          };
        });
      } catch (cause) {
        throw mapEngineFault(cause, 'network');
      }
    },
  };
}

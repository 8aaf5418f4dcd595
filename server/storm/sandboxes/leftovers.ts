import { readdir, readFile } from 'node:fs/promises';
import type { ContainerEngine, ListedContainer } from '../../sandbox/container-engine.ts';

const labelOf = (instanceId: string) => `run.agentrail.instance=${instanceId}`;

export const containersOf = (engine: ContainerEngine, instanceId: string): Promise<ListedContainer[]> =>
  engine.list(labelOf(instanceId));

/** Everything that an instance still has at the engine, one line each. */
export async function leftoversOf(engine: ContainerEngine, instanceId: string): Promise<string[]> {
  const label = labelOf(instanceId);
  const [containers, networks, volumes] = await Promise.all([
    engine.list(label),
    engine.listNetworks(label),
    engine.listVolumes(label),
  ]);
  return [
    ...containers.map(({ name, state }) => `container ${name} (${state})`),
    ...networks.map(({ name }) => `network ${name}`),
    ...volumes.map(({ name }) => `volume ${name}`),
  ];
}

/** Processes of this machine that are in one of these containers; none on machines without /proc. */
export async function processesIn(containerIds: string[]): Promise<number[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
      return containerIds.some((id) => groups.includes(id)) ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}

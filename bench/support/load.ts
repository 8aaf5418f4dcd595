import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../streams/scenario.ts';
import { percentile } from './statistics.ts';
import type { StreamClient } from './stream-client.ts';

export interface Load {
  whole: number;
  failed: number;
  seconds: number;
  bytes: number;
  firstTokenMs: number[];
}

/** So many streams at once, a new one for each that ended, until the time is over. Those under way are waited for. */
export async function closedLoop(
  client: StreamClient,
  scenario: Scenario,
  width: number,
  forMs: number,
): Promise<Load> {
  const load: Load = { whole: 0, failed: 0, seconds: 0, bytes: 0, firstTokenMs: [] };
  const startedAt = performance.now();
  const one = async () => {
    while (performance.now() - startedAt < forMs) count(load, await client.read(scenario));
  };
  await Promise.all(Array.from({ length: width }, one));
  load.seconds = (performance.now() - startedAt) / 1000;
  return load;
}

/**
 * So many paced streams at once, begun one after the other over `spreadMs`; each reader then reads another one, and
 * only those count: they began while all the others were under way.
 */
export async function pacedLoad(client: StreamClient, width: number, spreadMs: number): Promise<Load> {
  const load: Load = { whole: 0, failed: 0, seconds: 0, bytes: 0, firstTokenMs: [] };
  const startedAt = performance.now();
  const one = async (index: number) => {
    await sleep((spreadMs * index) / width);
    const warm = await client.read('paced');
    if (!warm.isWhole) load.failed += 1;
    count(load, await client.read('paced'));
  };
  await Promise.all(Array.from({ length: width }, (_, index) => one(index)));
  load.seconds = (performance.now() - startedAt) / 1000;
  return load;
}

function count(load: Load, result: Awaited<ReturnType<StreamClient['read']>>): void {
  load.bytes += result.bytes;
  if (result.isWhole) load.whole += 1;
  else load.failed += 1;
  if (!Number.isNaN(result.firstTokenMs)) load.firstTokenMs.push(result.firstTokenMs);
}

export function firstTokenAt(load: Load, share: number): number {
  return percentile(load.firstTokenMs, share);
}

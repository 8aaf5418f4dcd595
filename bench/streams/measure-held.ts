import { setTimeout as sleep } from 'node:timers/promises';
import { closedLoop, pacedLoad } from '../support/load.ts';
import { percentile } from '../support/statistics.ts';
import type { RunningSubject, Subject } from './subjects.ts';

export interface Held {
  idleBytes: number;
  bytesPerHeldStream: number;
  heldSeconds: number;
  activeStreams: number;
  activeFailed: number;
  healthCount: number;
  healthP50: number;
  healthP99: number;
  healthMax: number;
  /** Processor time of the server in seconds while only idle streams were held, per second. */
  idleCpu: number;
  endBytes: number;
}

const heldStreams = 1000;
const activeStreams = 100;
const settleMs = 3000;
const pacedMs = 8000;

/** A thousand streams whose model says nothing more, then a hundred that talk beside them. */
export async function measureHeld(subject: Subject, upstream: string, heldMs: number): Promise<Held> {
  const running = await subject.start(upstream);
  try {
    await sleep(settleMs);
    const idleBytes = await running.server.residentBytes();
    await closedLoop(running.client, 'burst', 200, 5000);
    await sleep(settleMs);
    const before = await running.server.residentBytes();
    const held: { leave(): void }[] = [];
    for (let count = 0; count < heldStreams; count += 50) {
      held.push(...(await Promise.all(Array.from({ length: 50 }, () => running.client.hold('silent')))));
    }
    await sleep(settleMs);
    const after = await running.server.residentBytes();
    const cpuBefore = await running.server.cpuMs();
    await sleep(settleMs);
    const idleCpu = ((await running.server.cpuMs()) - cpuBefore) / settleMs;
    const active = await holdActive(running, heldMs);
    const endBytes = await running.server.residentBytes();
    for (const { leave } of held) leave();
    return { idleBytes, bytesPerHeldStream: (after - before) / heldStreams, idleCpu, endBytes, ...active };
  } finally {
    await running.stop();
  }
}

async function holdActive({ client }: RunningSubject, heldMs: number) {
  const startedAt = performance.now();
  const health: number[] = [];
  const isOver = () => performance.now() - startedAt >= heldMs;
  let streams = 0;
  let failed = 0;
  const asking = (async () => {
    while (!isOver()) {
      health.push(await client.getMs('/health'));
      await sleep(20);
    }
  })();
  do {
    const load = await pacedLoad(client, activeStreams, pacedMs / 2);
    streams += 2 * activeStreams;
    failed += load.failed;
  } while (!isOver());
  await asking;
  return {
    heldSeconds: (performance.now() - startedAt) / 1000,
    activeStreams: streams,
    activeFailed: failed,
    healthCount: health.length,
    healthP50: percentile(health, 0.5),
    healthP99: percentile(health, 0.99),
    healthMax: percentile(health, 1),
  };
}

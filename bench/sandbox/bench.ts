import type { RealSandboxes } from '../../server/sandbox/real-sandboxes.ts';
import type { Sandbox } from '../../server/sandbox/sandbox.ts';
import type { Floor } from './floor.ts';

/** What a measurement is handed. */
export interface Bench {
  real: RealSandboxes;
  floor: Floor;
  rounds: number;
  /** The sandbox of a session that there was not before. */
  acquire(): Promise<Sandbox>;
  /** How many are destroyed at once. */
  destroyed: number;
  /** How many are measured, and how many lose their owner. */
  many: number;
}

export const nothing = { command: ['true'] };

export function setPool({ real }: Bench, size: number): void {
  real.config.warmPool = size;
  real.manager.keepWarm(size > 0);
}

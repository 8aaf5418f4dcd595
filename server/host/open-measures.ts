import type { DiskMeter } from '../data/disk.ts';
import { type SizeHistory, startSizeHistory } from '../data/size-history.ts';
import { startIdleMemory } from '../telemetry/idle-memory.ts';
import { createProcessVitals, startVitals, type Vitals } from '../telemetry/vitals.ts';
import type { Foundation } from './open-foundation.ts';

/** What is measured over time; nothing for a program that lives for one command. */
export function openMeasures(foundation: Foundation, disk: DiskMeter, isCommand = false) {
  const { dataDir, clock, logger } = foundation;
  if (isCommand) {
    const measured: { vitals?: Vitals; sizes?: SizeHistory } = {};
    return { measured, close: async () => undefined };
  }
  const vitals = startVitals(clock, createProcessVitals(dataDir, clock));
  const sizes = startSizeHistory({ dataDir, disk, clock, logger });
  // Electron shares its process with windows and tells V8 itself when it is idle.
  const idleMemory = process.versions.electron === undefined ? startIdleMemory({ clock }) : undefined;
  const measured: { vitals?: Vitals; sizes?: SizeHistory } = { vitals, sizes };
  return {
    measured,
    async close() {
      vitals.close();
      idleMemory?.close();
      await sizes.close();
    },
  };
}

import type { DiskMeter } from '../data/disk.ts';
import { type SizeHistory, startSizeHistory } from '../data/size-history.ts';
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
  const measured: { vitals?: Vitals; sizes?: SizeHistory } = { vitals, sizes };
  return {
    measured,
    async close() {
      vitals.close();
      await sizes.close();
    },
  };
}

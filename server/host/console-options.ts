import { listModels } from '../agent/model-menu.ts';
import type { ConsoleCoreOptions } from '../console/console-app.ts';
import { systemClock } from '../lib/clock.ts';
import { openDeploy } from './open-deploy.ts';
import type { OpenedParts } from './open-parts.ts';

/** What every console works on: that of a window, of a browser and of the command line. */
export function consoleOptions(parts: OpenedParts, version: string): ConsoleCoreOptions {
  const { lifecycle, sessions, sandboxes, secrets, tokens, config, logs, logger, dataDir, disk } = parts;
  const { keeping, dataCare, doctor, leakSweep, checklist, supportBundles, memory, mcp, network, vitals, sizes } =
    parts;
  return {
    ...{ server: lifecycle, sessions, sandboxes, secrets, tokens, config, logs, version, dataDir },
    ...{ keeping, dataCare, doctor, leakSweep, checklist, supportBundles, memory, mcp, network },
    ...(vitals && { vitals }),
    ...(sizes && { sizes }),
    deploy: openDeploy(parts, version),
    logger: logger.child({ component: 'console' }),
    clock: systemClock,
    disk: async () => {
      const { totalBytes, freeBytes, usedBytes } = await disk.read();
      return { totalBytes, freeBytes, usedBytes: Object.values(usedBytes).reduce((sum, size) => sum + size, 0) };
    },
    agents: () => parts.agents(),
    models: () => listModels(config.current(), secrets),
  };
}

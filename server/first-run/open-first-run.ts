import type { ConfigManager } from '../config/config-manager.ts';
import type { LocalServer } from '../contract/first-run.ts';
import type { ChooseModel } from '../contract/first-run-schemas.ts';
import type { ServerState } from '../contract/server-state.ts';
import type { Clock } from '../lib/clock.ts';
import type { SecretsManager } from '../secrets/secrets-manager.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createModelChooser, type ModelChosen } from './choose-model.ts';
import { createDataPlace, type DataPlaceChoice } from './data-place.ts';
import { type FirstRunState, openFirstRun } from './first-run.ts';
import { isFreshDataDir } from './is-fresh.ts';
import { findLocalServers } from './local-models.ts';

export interface FirstRunParts {
  state: FirstRunState;
  place: DataPlaceChoice;
  look(port: number | undefined, signal: AbortSignal): Promise<LocalServer[]>;
  chooseModel(choice: ChooseModel, signal: AbortSignal): Promise<ModelChosen>;
}

export interface FirstRunPartsOptions {
  dataDir: string;
  installRoot: string;
  home: string;
  config: ConfigManager;
  secrets: SecretsManager;
  server: { state(): ServerState };
  usedBytes(): Promise<number>;
  /** By the way that the settings name. */
  fetch: typeof fetch;
  clock: Clock;
  logger: Logger;
}

/** Everything that leads from a fresh data directory to a first answer. */
export async function openFirstRunParts(options: FirstRunPartsOptions): Promise<FirstRunParts> {
  const { dataDir, installRoot, home, config, secrets, server, usedBytes, fetch, clock, logger } = options;
  const look: FirstRunParts['look'] = (port, signal) =>
    findLocalServers({ fetch, port, signal, exceptPorts: ownPorts() });

  function ownPorts(): Set<number> {
    const { address } = server.state();
    return new Set(address === undefined ? [] : [Number(new URL(address).port || 80)]);
  }

  return {
    state: await openFirstRun({ dataDir, logger, isFresh: () => isFreshDataDir(dataDir, config.filePath()) }),
    place: createDataPlace({ dataDir, installRoot, home, usedBytes }),
    look,
    chooseModel: createModelChooser({ config, secrets, now: () => clock.now(), fetch, look }),
  };
}

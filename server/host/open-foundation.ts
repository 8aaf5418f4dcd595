import { userInfo } from 'node:os';
import { defaultProviderName } from '../agent/model-menu.ts';
import { createConfigManager } from '../config/config-manager.ts';
import { desktopEnvironment, readEnvironment, secretVariables } from '../config/env.ts';
import { resolveBoot } from '../config/resolve-boot.ts';
import { openDataDir } from '../data/data-dir.ts';
import { findInstallRoot } from '../data/install-root.ts';
import { acquireDataDirLock } from '../data/lock.ts';
import { settleDataDir } from '../data/move/move-marks.ts';
import { moveToNextPlace, readNextPlace } from '../data/move/next-place.ts';
import { carryOutReset, readNextReset } from '../data/reset/factory-reset.ts';
import { maxMoveBytes } from '../first-run/data-place.ts';
import { systemClock } from '../lib/clock.ts';
import { newId } from '../lib/new-id.ts';
import { mcpSecretNames } from '../mcp/secret-references.ts';
import { createNetwork } from '../network/network.ts';
import { readSystemProxy } from '../network/system-proxy/read-system-proxy.ts';
import { createApiTokens } from '../secrets/api-tokens.ts';
import { createSecretsManager, type OwnedSecretsManager } from '../secrets/create-secrets-manager.ts';
import { probeTargets } from '../secrets/probe-targets.ts';
import { createLogging } from '../telemetry/logging.ts';
import type { HostOptions } from './host-options.ts';

export type Foundation = Awaited<ReturnType<typeof openFoundation>>;

/** What everything else stands on: the owned data directory, settings, logs, secrets and tokens. */
export async function openFoundation(options: HostOptions) {
  const clock = systemClock;
  const environment = readEnvironment();
  const named = resolveBoot(environment, { cwd: process.cwd(), ...options.commandLine });
  const settled = await settleDataDir(named.dataDir);
  const wasReset = await resetWhenAsked(settled);
  const dataDir = await goToNextPlace(settled);
  const boot = { ...named, dataDir };
  const instanceId = newId('instance');
  await openDataDir(dataDir);
  const lock = await acquireDataDirLock(dataDir, { instanceId, clock });
  try {
    const config = await createConfigManager({
      boot,
      env: environment,
      commandLine: {
        'server.host': options.commandLine.host,
        'server.port': options.commandLine.port,
        ...options.settings,
      },
    });
    const network = createNetwork({
      settings: () => config.current().network,
      environment: environment.proxies,
      readSystem: () => readSystemProxy({ platform: process.platform, environment: desktopEnvironment() }),
      resolveProxy: options.resolveProxy,
      clock,
    });
    let secretsOnceOpen: OwnedSecretsManager | undefined;
    const { logger, store: logs } = createLogging({
      dataDir,
      level: () => config.current().logging.level,
      redactor: () => secretsOnceOpen?.redactor ?? { redact: (text) => text },
      clock,
      ...(options.echo && { echo: options.echo }),
    });
    if (dataDir !== named.dataDir) logger.info('The data directory was moved.', { from: named.dataDir, to: dataDir });
    if (wasReset) logger.warn('A factory reset was carried out.', { removed: wasReset.goes, kept: wasReset.stays });
    if (lock.tookOver)
      logger.warn('The data directory was taken over from an owner that is gone.', { owner: lock.tookOver });
    const secrets = await createSecretsManager({
      dataDir,
      environment: secretVariables(),
      startKeychain: options.startKeychain,
      fetch: network.fetch,
      ...(environment.vaultPassphrase !== undefined && { passphrase: environment.vaultPassphrase }),
      clock,
      logger,
      ...userName(),
      probes: () => {
        const known = secretsOnceOpen;
        return probeTargets(config.current(), known ? defaultProviderName(config.current(), known) : 'anthropic');
      },
      extraNames: () => [
        ...Object.values(config.current().providers).flatMap(({ apiKeyEnv }) => apiKeyEnv ?? []),
        ...mcpSecretNames(config.current().mcpServers),
      ],
    });
    secretsOnceOpen = secrets;
    const tokens = await createApiTokens({ dataDir, clock, logger });
    return {
      ...{ clock, environment, dataDir, instanceId, lock, config, network, logger, logs, secrets, tokens },
      async close() {
        await tokens.close();
        await secrets.close();
        await network.close();
        await logs.close();
        await lock[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
}

/** Carries out what a person chose in the first run; the marks then tell where the data directory is. */
async function goToNextPlace(dataDir: string): Promise<string> {
  if ((await readNextPlace(dataDir)) === undefined) return dataDir;
  const installRoot = findInstallRoot(import.meta.dirname);
  await moveToNextPlace({ dataDir, installRoot, maxBytes: maxMoveBytes, clock: systemClock });
  return settleDataDir(dataDir);
}

/** Carries out a factory reset that a person asked for, or goes on with one that was killed. */
async function resetWhenAsked(dataDir: string) {
  if ((await readNextReset(dataDir)) === undefined) return undefined;
  // Throws when somebody owns it, as the start that would follow does.
  await using _lock = await acquireDataDirLock(dataDir, { instanceId: newId('instance'), clock: systemClock });
  return carryOutReset(dataDir);
}

/** Who runs the program; an account without a name has none. */
function userName(): { user?: string } {
  try {
    return { user: userInfo().username };
  } catch {
    return {};
  }
}

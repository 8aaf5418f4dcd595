import {
  type ProbeResult,
  type SecretInfo,
  secretNamePattern,
  setSecretSchema,
  type VaultStatus,
} from '../contract/secrets.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createKeychain, type Keychain } from './keychain.ts';
import { knownSecret, knownSecrets } from './known-secrets.ts';
import { createMasterKeys } from './master-key.ts';
import { defaultTargets, type ProbeTarget, probe } from './probes.ts';
import { createLiveRedactor, type LiveRedactor } from './redactor.ts';
import type { SecretValue } from './secret-source.ts';
import type { SecretsManager } from './secrets-manager.ts';
import { createSeenValues } from './seen-values.ts';
import { createVault } from './vault.ts';

const keychainTimeoutMs = 15_000;

export interface SecretsManagerOptions {
  /** Absolute. */
  dataDir: string;
  /** Read at every use. */
  environment: (name: string) => string | undefined;
  /** AGENTRAIL_VAULT_PASSPHRASE, if set. */
  passphrase?: string;
  clock: Clock;
  logger: Logger;
  /** Names that the configuration mentions, for instance as `providers.*.apiKeyEnv`. */
  extraNames?: () => string[];
  /** Which provider a name is for, by name; joins and overrides the two known ones. */
  probes?: () => Record<string, ProbeTarget>;
  fetch?: typeof fetch;
  keychain?: Keychain;
}

/** SecretsManager as it is made here: with the acts that only its owner carries out. */
export interface OwnedSecretsManager extends SecretsManager {
  readonly redactor: LiveRedactor;
  /** Tries a locked vault again, with a passphrase when a person gave one. */
  unlock(passphrase?: string): Promise<VaultStatus>;
  /** Renames a vault.json that cannot be used, so that a new one can begin. Resolves with its new path. */
  moveVaultAside(): Promise<string>;
  close(): Promise<void>;
}

/** Resolves when the vault is open or it is known why not; a keychain that does not answer takes up to 15 s. */
export async function createSecretsManager(options: SecretsManagerOptions): Promise<OwnedSecretsManager> {
  const { clock, environment } = options;
  const logger = options.logger.child({ component: 'secrets' });
  const keychain = options.keychain ?? createKeychain({ timeoutMs: keychainTimeoutMs });
  let passphrase = options.passphrase;
  const masterKeys = createMasterKeys({
    dataDir: options.dataDir,
    keychain,
    logger,
    passphrase: () => passphrase || undefined,
    environment,
  });
  const vault = createVault({ dataDir: options.dataDir, masterKeys, clock });
  const lastUsed = new Map<string, number>();
  const lastResults = new Map<string, ProbeResult>();
  const listeners = new Set<(secret: SecretInfo) => void>();
  const seen = createSeenValues({
    clock,
    current: () => allNames().flatMap((name) => valuesOf(name).map((value) => ({ name, value }))),
  });
  const redactor = createLiveRedactor(seen.matcher);

  /** The known names, then custom ones by alphabet. */
  function allNames(): string[] {
    const extra = (options.extraNames?.() ?? []).filter((name) => secretNamePattern.test(name));
    const custom = new Set([...vault.entries().keys(), ...extra].filter((name) => !knownSecret(name)));
    return [...knownSecrets.map(({ name }) => name), ...[...custom].sort()];
  }

  function valuesOf(name: string): string[] {
    const entry = vault.entries().get(name);
    return [fromEnvironment(name), entry?.value, ...(entry?.previous ?? [])].filter((value) => value !== undefined);
  }

  function fromEnvironment(name: string): string | undefined {
    return environment(name)?.trim() || undefined;
  }

  function find(name: string): SecretValue | undefined {
    if (!secretNamePattern.test(name)) return undefined;
    const own = fromEnvironment(name);
    const value = own ?? vault.entries().get(name)?.value;
    if (value === undefined) return undefined;
    seen.add(name, value);
    return { value, origin: own === undefined ? 'vault' : 'environment' };
  }

  function infoOf(name: string): SecretInfo {
    const inForce = find(name);
    const entry = vault.entries().get(name);
    const { keyUrl, group } = knownSecret(name) ?? { group: 'custom' };
    return {
      name,
      group,
      isSet: inForce !== undefined,
      shadowsVault: inForce?.origin === 'environment' && entry !== undefined,
      ...(inForce && { origin: inForce.origin }),
      ...present('lastFour', lastFourOf(inForce?.value)),
      ...present('vaultLastFour', lastFourOf(entry?.value)),
      ...present('changedAt', entry?.changedAt),
      ...present('lastUsedAt', lastUsed.get(name)),
      ...present('lastResult', lastResults.get(name)),
      ...present('keyUrl', keyUrl),
    };
  }

  function changed(name: string): SecretInfo {
    const info = infoOf(name);
    for (const listener of listeners) {
      try {
        listener(info);
      } catch (error) {
        logger.warn('Somebody who watches the secrets failed.', { error });
      }
    }
    return info;
  }

  async function set(name: string, value: string): Promise<SecretInfo> {
    checkName(name);
    const parsed = setSecretSchema.safeParse({ value });
    if (!parsed.success) {
      throw new AppError('invalid_secret_value', 'A value has 1 to 16,384 characters. Paste it again.', {
        status: 400,
      });
    }
    // From now on it is in no log line, whether or not it can be stored.
    seen.add(name, parsed.data.value);
    await vault.set(name, parsed.data.value);
    lastResults.delete(name);
    logger.info('A secret was set.', { name, backend: vault.status().backend });
    return changed(name);
  }

  async function clear(name: string): Promise<SecretInfo> {
    checkName(name);
    await vault.clear(name);
    lastResults.delete(name);
    logger.info('A secret was cleared.', { name });
    return changed(name);
  }

  function report(name: string, result: ProbeResult): void {
    lastResults.set(name, { ...result, message: redactor.redact(result.message) });
    changed(name);
  }

  async function test(name: string, signal?: AbortSignal): Promise<ProbeResult> {
    const value = find(name)?.value;
    if (value === undefined)
      return { outcome: 'unsupported', message: `${name} is not set. Set it first.`, at: clock.now() };
    const result = await probe({
      name,
      value,
      target: { ...defaultTargets, ...options.probes?.() }[name],
      fetch: options.fetch ?? fetch,
      now: clock.now,
      ...(signal && { signal }),
    });
    report(name, result);
    return lastResults.get(name) ?? result;
  }

  function tellStatus({ state, backend, problem }: VaultStatus): VaultStatus {
    if (problem !== undefined) logger.warn(problem, { state, backend });
    return { state, backend, ...(problem !== undefined && { problem }) };
  }

  if (passphrase) seen.add('AGENTRAIL_VAULT_PASSPHRASE', passphrase);
  tellStatus(await vault.open());

  return {
    redactor,
    status: vault.status,
    list: () => allNames().map(infoOf),
    get(name) {
      const found = find(name);
      if (found) lastUsed.set(name, clock.now());
      return found;
    },
    set,
    clear,
    reveal: (name) => find(name)?.value,
    test,
    report,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async unlock(given) {
      if (given !== undefined) {
        passphrase = given;
        seen.add('AGENTRAIL_VAULT_PASSPHRASE', given);
      }
      const status = await vault.open();
      seen.refresh();
      // What could not be read before is there now.
      if (status.state === 'unlocked') for (const name of vault.entries().keys()) changed(name);
      return tellStatus(status);
    },
    moveVaultAside: vault.moveAside,
    async close() {
      listeners.clear();
      await keychain.close();
      await vault.close();
    },
  };
}

function checkName(name: string): void {
  if (secretNamePattern.test(name)) return;
  throw new AppError(
    'invalid_secret_name',
    'A name is 2 to 64 capital letters, digits and underscores, and starts with a letter.',
    { status: 400 },
  );
}

function lastFourOf(value: string | undefined): string | undefined {
  return value !== undefined && value.length >= 12 ? value.slice(-4) : undefined;
}

/** A property that is left out when it has no value. */
function present<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}

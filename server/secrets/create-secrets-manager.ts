import { settingVariableNames } from '../config/env.ts';
import {
  type ProbeResult,
  type SecretAct,
  type SecretInfo,
  type SecretOrigin,
  secretNamePattern,
  setSecretSchema,
  type VaultStatus,
} from '../contract/secrets.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createFileSources } from './file-sources.ts';
import { createKeychain, type Keychain, type StartKeychain } from './keychain.ts';
import { knownSecret, knownSecrets } from './known-secrets.ts';
import { lastFourOf } from './last-four.ts';
import { createMasterKeys } from './master-key.ts';
import { defaultTargets, type ProbeTarget, probe } from './probes.ts';
import { createLiveRedactor, type LiveRedactor } from './redactor.ts';
import type { SecretValue } from './secret-source.ts';
import { openSecretUses } from './secret-use.ts';
import { createSecretsCare } from './secrets-care.ts';
import type { SecretsCare, SecretsManager } from './secrets-manager.ts';
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
  /** How the system's keychain is asked. Default: by a process of this program. */
  startKeychain?: StartKeychain | undefined;
  /** Who is said to change secrets: the account that the program runs under. */
  user?: string;
}

/** A value that may stand somewhere, for who looks for it there. */
export interface SweptValue {
  name: string;
  value: string;
  /** Otherwise one that the vault had before. */
  isInForce: boolean;
}

/** SecretsManager as it is made here: with the acts that only its owner carries out. */
export interface OwnedSecretsManager extends SecretsManager {
  readonly redactor: LiveRedactor;
  /** Tries a locked vault again, with a passphrase when a person gave one. */
  unlock(passphrase?: string): Promise<VaultStatus>;
  readonly care: SecretsCare;
  /** Every value that is in force or was, and that a search can tell from ordinary text. */
  sweptValues(): SweptValue[];
  close(): Promise<void>;
}

/** Resolves when the vault is open or it is known why not; a keychain that does not answer takes up to 15 s. */
export async function createSecretsManager(options: SecretsManagerOptions): Promise<OwnedSecretsManager> {
  const { clock, environment } = options;
  const logger = options.logger.child({ component: 'secrets' });
  const keychain = options.keychain ?? createKeychain({ timeoutMs: keychainTimeoutMs, start: options.startKeychain });
  let passphrase = options.passphrase;
  const by = present('by', options.user);
  const masterKeys = createMasterKeys({
    dataDir: options.dataDir,
    keychain,
    logger,
    passphrase: () => passphrase || undefined,
    environment,
  });
  const vault = createVault({ dataDir: options.dataDir, masterKeys, clock });
  const uses = await openSecretUses({ dataDir: options.dataDir, clock, logger });
  const files = createFileSources({ dataDir: options.dataDir, environment });
  const listeners = new Set<(secret: SecretInfo) => void>();
  const seen = createSeenValues({
    clock,
    current: () => allNames().flatMap((name) => valuesOf(name).map((value) => ({ name, value }))),
  });
  const redactor = createLiveRedactor(seen.matcher);

  /** The known names, then custom ones by alphabet. */
  function allNames(): string[] {
    const extra = (options.extraNames?.() ?? []).filter((name) => secretNamePattern.test(name));
    const all = [...vault.entries().keys(), ...extra, ...files.dotenvNames()];
    const custom = new Set(all.filter((name) => !knownSecret(name) && !settingVariableNames.includes(name)));
    return [...knownSecrets.map(({ name }) => name), ...[...custom].sort()];
  }

  function valuesOf(name: string): string[] {
    return [...sourcesOf(name).map(({ value }) => value), ...(vault.entries().get(name)?.previous ?? [])];
  }

  interface Source {
    origin: SecretOrigin;
    value: string;
    changedAt?: number;
    path?: string;
  }

  /** Every place that holds a value, the strongest first. */
  function sourcesOf(name: string): Source[] {
    if (!secretNamePattern.test(name)) return [];
    const fromEnvironment = environment(name)?.trim() || undefined;
    const entry = vault.entries().get(name);
    const named = files.named(name);
    const dotenv = files.dotenv(name);
    const all: (Source | false | undefined)[] = [
      fromEnvironment !== undefined && { origin: 'environment', value: fromEnvironment },
      named && { origin: 'file', ...named },
      entry?.value !== undefined && { origin: 'vault', value: entry.value, changedAt: entry.changedAt },
      dotenv && { origin: 'dotenv', ...dotenv },
    ];
    const sources = all.filter((source) => source !== false && source !== undefined);
    for (const { value } of sources) seen.add(name, value);
    return sources;
  }

  function find(name: string): SecretValue | undefined {
    const [inForce] = sourcesOf(name);
    return inForce && { value: inForce.value, origin: inForce.origin };
  }

  function infoOf(name: string): SecretInfo {
    const sources = sourcesOf(name);
    const [inForce] = sources;
    const entry = vault.entries().get(name);
    const { keyUrl, formatHint, group } = knownSecret(name) ?? { group: 'custom' };
    const { at, by, result } = uses.of(name);
    return {
      name,
      group,
      isSet: inForce !== undefined,
      sources: sources.map(({ value, ...source }) => ({ ...source, ...present('lastFour', lastFourOf(value)) })),
      shadowsVault: entry?.value !== undefined && inForce?.origin !== 'vault',
      versions: entry?.versions ?? 0,
      ...(inForce && { origin: inForce.origin }),
      ...present('lastFour', lastFourOf(inForce?.value)),
      ...present('vaultLastFour', lastFourOf(entry?.value)),
      ...present('changedAt', entry?.value === undefined ? undefined : entry.changedAt),
      ...present('lastUsedAt', at),
      ...present('lastUsedBy', by),
      ...present('lastResult', result),
      ...present('keyUrl', keyUrl),
      ...present('formatHint', formatHint),
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

  async function set(name: string, value: string, act: SecretAct = 'set'): Promise<SecretInfo> {
    checkName(name);
    const parsed = setSecretSchema.safeParse({ value });
    if (!parsed.success) {
      throw new AppError('invalid_secret_value', 'A value has 1 to 16,384 characters. Paste it again.', {
        status: 400,
      });
    }
    const [info] = await setAll(new Map([[name, parsed.data.value]]), act);
    return info ?? infoOf(name);
  }

  /** Checked values, in one write. */
  async function setAll(values: ReadonlyMap<string, string>, act: SecretAct): Promise<SecretInfo[]> {
    // From now on they are in no log line, whether or not they can be stored.
    for (const [name, value] of values) seen.add(name, value);
    await vault.set(values, { act, ...by });
    return [...values.keys()].map((name) => {
      uses.setResult(name, undefined);
      logger.info('A secret was set.', { name, act, backend: vault.status().backend });
      return changed(name);
    });
  }

  async function clear(name: string, { forget = false } = {}): Promise<SecretInfo> {
    checkName(name);
    await vault.clear(name, { forget, ...by });
    uses.setResult(name, undefined);
    if (forget) uses.forget(name);
    logger.info(forget ? 'A secret and its history were cleared.' : 'A secret was cleared.', { name });
    return changed(name);
  }

  function report(name: string, result: ProbeResult): void {
    uses.setResult(name, { ...result, message: redactor.redact(result.message) });
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
    return uses.of(name).result ?? result;
  }

  function tellStatus({ state, backend, problem }: VaultStatus): VaultStatus {
    if (problem !== undefined) logger.warn(problem, { state, backend });
    return { state, backend, ...(problem !== undefined && { problem }) };
  }

  function takePassphrase(given: string): void {
    passphrase = given;
    seen.add('AGENTRAIL_VAULT_PASSPHRASE', given);
  }

  /** What could not be read before may be there now. */
  function tellAll(): void {
    seen.refresh();
    for (const name of allNames()) changed(name);
  }

  if (passphrase) seen.add('AGENTRAIL_VAULT_PASSPHRASE', passphrase);
  tellStatus(await vault.open());

  return {
    care: createSecretsCare({
      ...{ vault, logger, setAll, changed, tellAll, takePassphrase, checkName },
      resetResult: (name) => uses.setResult(name, undefined),
      environment,
      environmentPassphrase: options.passphrase,
      ...by,
    }),
    sweptValues: () =>
      allNames().flatMap((name) => {
        const now = new Set(sourcesOf(name).map(({ value }) => value));
        return [...new Set(valuesOf(name))].map((value) => ({ name, value, isInForce: now.has(value) }));
      }),
    redactor,
    status: vault.status,
    list: () => allNames().map(infoOf),
    get(name, user) {
      const found = find(name);
      if (found && user !== undefined) uses.mark(name, user);
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
      if (given !== undefined) takePassphrase(given);
      const status = await vault.open();
      tellAll();
      return tellStatus(status);
    },
    async close() {
      listeners.clear();
      await uses.close();
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

/** A property that is left out when it has no value. */
function present<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}

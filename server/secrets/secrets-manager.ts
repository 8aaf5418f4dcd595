import type { EnvImportPreview } from '../contract/env-import.ts';
import type {
  ProbeResult,
  SecretAct,
  SecretInfo,
  SecretVersion,
  VaultBackend,
  VaultReport,
  VaultStatus,
} from '../contract/secrets.ts';
import type { Redactor, SecretSource } from './secret-source.ts';

/**
 * Environment, vault and redaction in one: what the Secrets page and the command line work with.
 * Writes throw AppError `vault_locked` (409), `vault_damaged` (409), `invalid_secret_name` (400), `storage_unavailable` (503).
 */
export interface SecretsManager extends SecretSource {
  readonly redactor: Redactor;
  status(): VaultStatus;
  /** The known names and every custom one, in the order of the page. */
  list(): SecretInfo[];
  /** Stores the trimmed value in the vault: encrypted, written atomically, in force when the promise resolves. */
  set(name: string, value: string, act?: SecretAct): Promise<SecretInfo>;
  /**
   * Takes the vault's value out of force; a stronger place's, if any, stays in force. Earlier values are kept for a roll
   * back, unless they are to be forgotten.
   */
  clear(name: string, options?: { forget?: boolean }): Promise<SecretInfo>;
  /** The value in force, for the person who asked to see it. Undefined when not set. */
  reveal(name: string): string | undefined;
  /** A free call to the provider with the key in force. Never throws; faults are the result. */
  test(name: string, signal?: AbortSignal): Promise<ProbeResult>;
  /** Records what a provider said of a key during a run. */
  report(name: string, result: ProbeResult): void;
  /** Tries a locked vault again, with a passphrase when a person gave one; subscribers hear of what can be read then. */
  unlock?(passphrase?: string): Promise<VaultStatus>;
  /** Absent: the vault is somebody else's concern. */
  readonly care?: SecretsCare;
  subscribe(listener: (secret: SecretInfo) => void): () => void;
}

/** What is rarely done to the vault. Writes throw as those of SecretsManager. */
export interface SecretsCare {
  /** What the vault has and had under a name, newest first; never a value. */
  history(name: string): SecretVersion[];
  /** Puts an earlier value in force again, as a new version. Throws `version_not_found` (404) too. */
  rollBack(name: string, version: number): Promise<SecretInfo>;
  /** What a file of `NAME=value` lines would change. */
  previewImport(text: string): EnvImportPreview;
  /** Stores the chosen ones, all or none. Throws `nothing_to_import` (400) too. */
  importEnv(text: string, names: readonly string[]): Promise<SecretInfo[]>;
  vault(): Promise<VaultReport>;
  /**
   * Encrypts everything anew under a key in another place, and removes the old key. Throws `keychain_unavailable`,
   * `passphrase_required`, `passphrase_in_environment`, `vault_aside_needs_key` (400, 409) too.
   */
  changeBackend(backend: VaultBackend, passphrase?: string): Promise<VaultStatus>;
  /** Renames a vault.json that cannot be used, so that a new one can begin. Resolves with its new path. */
  moveVaultAside(): Promise<string>;
  /** Throws `vault_not_found` (404) too. */
  bringVaultBack(name: string): Promise<VaultStatus>;
  /** Throws `vault_not_found` (404) too. */
  removeVaultAside(name: string): Promise<void>;
}

import type { ProbeResult, SecretInfo, VaultStatus } from '../contract/secrets.ts';
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
  set(name: string, value: string): Promise<SecretInfo>;
  /** Removes the value from the vault; the environment's, if any, stays in force. */
  clear(name: string): Promise<SecretInfo>;
  /** The value in force, for the person who asked to see it. Undefined when not set. */
  reveal(name: string): string | undefined;
  /** A free call to the provider with the key in force. Never throws; faults are the result. */
  test(name: string, signal?: AbortSignal): Promise<ProbeResult>;
  /** Records what a provider said of a key during a run. */
  report(name: string, result: ProbeResult): void;
  /** Tries a locked vault again, with a passphrase when a person gave one; subscribers hear of what can be read then. */
  unlock?(passphrase?: string): Promise<VaultStatus>;
  subscribe(listener: (secret: SecretInfo) => void): () => void;
}

import { z } from 'zod';

export const secretNamePattern = /^[A-Z][A-Z0-9_]{1,63}$/;
export const secretNameSchema = z
  .string()
  .regex(secretNamePattern, 'A name is 2 to 64 capital letters, digits and underscores, and starts with a letter.');

export const setSecretSchema = z.strictObject({
  value: z.string().trim().min(1, 'Paste a value.').max(16_384),
});

/** Where the master key of the vault lives. */
export const vaultBackends = ['keychain', 'passphrase', 'key_file'] as const;
export type VaultBackend = (typeof vaultBackends)[number];

/**
 * Where a value comes from, the strongest first: a variable of the environment, the file that the variable `NAME_FILE`
 * names, the vault, the file `.env` in the data directory.
 */
export const secretOrigins = ['environment', 'file', 'vault', 'dotenv'] as const;
export type SecretOrigin = (typeof secretOrigins)[number];

export type SecretGroup = 'models' | 'search' | 'server' | 'custom';

/** What reads a value. */
export const secretUsers = ['model', 'search', 'mcp', 'sandbox', 'server', 'storage'] as const;
export type SecretUser = (typeof secretUsers)[number];

/** One place that holds a value. */
export interface SecretSourceInfo {
  origin: SecretOrigin;
  /** Absent for values shorter than 12 characters. */
  lastFour?: string;
  /** Since when it has this value, as far as is known: of files, when they were written. */
  changedAt?: number;
  /** The file; absolute. */
  path?: string;
}

/** What is told of a secret; never its value. */
export interface SecretInfo {
  name: string;
  group: SecretGroup;
  isSet: boolean;
  origin?: SecretOrigin;
  /** Every place that holds a value, in the order of their strength: the first is in force and shadows the others. */
  sources: SecretSourceInfo[];
  /** Last four characters of the value in force; absent for values shorter than 12. */
  lastFour?: string;
  /** The vault holds a value too, but a stronger place wins. */
  shadowsVault: boolean;
  vaultLastFour?: string;
  changedAt?: number;
  lastUsedAt?: number;
  lastUsedBy?: SecretUser;
  lastResult?: ProbeResult;
  /** Values that the vault had, the one in force among them. */
  versions: number;
  /** Where a person gets such a key. */
  keyUrl?: string;
  /** What such a value usually looks like; others are taken too. */
  formatHint?: string;
}

/** Answer of a free call with the key. */
export interface ProbeResult {
  outcome: 'accepted' | 'rejected' | 'unreachable' | 'unsupported';
  message: string;
  status?: number;
  at: number;
}

export interface VaultStatus {
  backend: VaultBackend;
  /** locked: the file is there but its key is not to be had; problem says why and what to do. */
  state: 'empty' | 'unlocked' | 'locked' | 'damaged';
  problem?: string;
}

/** How a value came into the vault, or went. */
export const secretActs = ['set', 'import', 'generate', 'roll_back', 'clear'] as const;
export type SecretAct = (typeof secretActs)[number];

/** A value that the vault has or had; newest first in a list. */
export interface SecretVersion {
  version: number;
  at: number;
  act: SecretAct;
  /** Who did it, as the operating system knows them. */
  by?: string;
  lastFour?: string;
  /** In the vault now. */
  isCurrent: boolean;
  /** False for the mark that a clearing leaves. */
  hasValue: boolean;
}

/** A vault that was moved away because it could not be used. */
export interface VaultAside {
  name: string;
  at: number;
  sizeBytes: number;
}

/** The vault as a whole. */
export interface VaultReport {
  status: VaultStatus;
  /** Whether this system may have a keychain; whether it answers is seen when it is used. */
  hasKeychain: boolean;
  /** The key that the vault had before could not be removed yet; that is tried again at the next start. */
  isOldKeyLeft: boolean;
  /** AGENTRAIL_VAULT_PASSPHRASE is set. */
  hasEnvironmentPassphrase: boolean;
  aside: VaultAside[];
}

/** Shorter ones can be guessed. */
export const leastVaultPassphrase = 8;

export const vaultBackendSchema = z.strictObject({
  backend: z.enum(vaultBackends),
  /** For `passphrase` only. */
  passphrase: z
    .string()
    .min(leastVaultPassphrase, `Choose a passphrase of at least ${leastVaultPassphrase} characters.`)
    .max(1024)
    .optional(),
});

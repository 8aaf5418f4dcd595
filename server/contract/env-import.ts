import { z } from 'zod';

/** A file of variables that is taken over into the vault. */
export const maxEnvFileLength = 262_144;

export const envFileSchema = z.strictObject({
  text: z.string().min(1, 'Paste the file or choose one.').max(maxEnvFileLength, 'Such a file is 256 KiB at most.'),
});

export const envImportSchema = envFileSchema.extend({
  /** What is taken over, of what the preview offers. */
  names: z.array(z.string().max(64)).min(1, 'Choose at least one variable.').max(500),
});

/** Why a line is left out. */
export const envImportReasons = [
  ...(['syntax', 'unterminated', 'name', 'empty', 'too_long', 'reference', 'placeholder'] as const),
  ...(['duplicate', 'setting', 'same'] as const),
] as const;
export type EnvImportReason = (typeof envImportReasons)[number];

/** What becomes of one assignment; never its value. */
export interface EnvImportEntry {
  /** Of the file, from 1. */
  line: number;
  /** Absent: the line is no assignment. */
  name?: string;
  act: 'set' | 'change' | 'ignored';
  reason?: EnvImportReason;
  /** Of the new value; absent for values shorter than 12 characters. */
  lastFour?: string;
  /** Taken over unless a person decides otherwise. */
  isSuggested: boolean;
  /** The environment holds this variable too, and wins. */
  isShadowed: boolean;
}

export interface EnvImportPreview {
  entries: EnvImportEntry[];
}

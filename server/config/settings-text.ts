import { createHash } from 'node:crypto';
import type { ConfigFault } from '../contract/config.ts';
import type { SettingsText } from '../contract/settings-text.ts';
import { toStorageError } from '../data/storage-error.ts';
import { AppError } from '../lib/app-error.ts';
import { readConfigText } from './config-file.ts';
import { invalidConfig } from './invalid-config.ts';
import { type ParsedConfig, parseConfig } from './parse-yaml.ts';

/** The file as it stands on the disk. Throws AppError `storage_unavailable` (503). */
export async function readSettingsText(file: string): Promise<SettingsText> {
  try {
    const text = await readConfigText(file);
    return { text, version: versionOf(text) };
  } catch (error) {
    throw toStorageError(error);
  }
}

export function versionOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/** What the server would say of a text, without taking it. */
export function checkSettingsText(text: string): { faults: ConfigFault[]; notes: ConfigFault[] } {
  const { faults, notes } = parseConfig(text);
  return { faults, notes };
}

/**
 * The text, parsed, when it may take the place of what is on the disk. Throws AppError `settings_changed` (409, details:
 * SettingsText) when the file is not the one that the text was made from, and `invalid_config` (400).
 */
export async function takeSettingsText(file: string, text: string, base: string): Promise<ParsedConfig> {
  const onDisk = await readSettingsText(file);
  if (onDisk.version !== base && onDisk.text !== text) {
    throw new AppError('settings_changed', 'The file was changed meanwhile. Compare both before you save.', {
      status: 409,
      details: onDisk,
    });
  }
  const parsed = parseConfig(text);
  if (parsed.faults.length > 0) throw invalidConfig(parsed.faults, 'This text cannot be used.');
  return parsed;
}

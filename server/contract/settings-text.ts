import { z } from 'zod';

/** agentrail.yaml as it stands on the disk; empty where there is none. */
export interface SettingsText {
  text: string;
  /** Changes with every change of the text. */
  version: string;
}

/** Longer texts are refused by the reader of the file, with a sentence. */
const text = z.string().max(2_000_000);

export const checkTextBody = z.strictObject({ text });

/** `base`: the version that the text was made from. */
export const replaceTextBody = z.strictObject({ text, base: z.string().min(1).max(100) });

/** What the settings are, for an editor: a JSON schema of as much as completion and hover need. */
export interface SettingSchema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: readonly unknown[];
  minimum?: number;
  maximum?: number;
  properties?: Record<string, SettingSchema>;
  /** What stands below names that a person chooses. */
  additionalProperties?: SettingSchema | boolean;
  items?: SettingSchema;
  anyOf?: readonly SettingSchema[];
}

import path from 'node:path';
import { stringify } from 'yaml';
import { looksLikeCredential } from '../config/credential-like.ts';
import { isMap, withValueAt } from '../config/setting-tree.ts';
import type { Config, ConfigValue } from '../contract/config.ts';
import type { DeployChoices, DeployNote } from '../contract/deploy.ts';

export interface SettingsSource {
  config: Config;
  /** Every leaf with the source that won. */
  values: readonly ConfigValue[];
  /** Keys of each value's path: names may hold dots themselves. */
  split(dotted: string): string[] | undefined;
  /** Replaces live values of secrets by a marker. */
  redact(text: string): string;
}

/** Decided by the deployment itself. */
const decidedThere = /^(server\.(host|port)|sandbox\.(dockerHost|dockerCertPath|allowPlainTcp)|version)$/;
/** Address of this machine. Inside of a container it is another one. */
const ownMachine = /^[a-z+]+:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\]|0\.0\.0\.0)([:/]|$)/i;

/** agentrail.yaml of the export: what is set otherwise than by default, without what only this machine knows. */
export function exportedSettings(
  { values, split, redact }: SettingsSource,
  choices: DeployChoices,
): { yaml: string; notes: DeployNote[] } {
  const notes: DeployNote[] = [];
  let tree: unknown = { version: 1 };
  for (const { path: setting, value, source } of values) {
    const keys = split(setting);
    if (source === 'default' || value === undefined || keys === undefined || decidedThere.test(setting)) continue;
    if (setting === 'server.allowedHosts') continue;
    if (holdsSecret(value, redact)) {
      notes.push({
        code: 'secret_left_out',
        subject: setting,
        message: `${setting} holds a secret or what looks like one, so it is left out. Name a secret there instead.`,
      });
      continue;
    }
    notes.push(...notesOn(setting, value));
    tree = withValueAt(tree, keys, value);
  }
  const known = values.find(({ path: setting }) => setting === 'server.allowedHosts')?.value;
  const hosts = [...new Set([...(Array.isArray(known) ? known.map(String) : []), choices.hostName])];
  tree = withValueAt(tree, ['server', 'allowedHosts'], hosts);
  const head = '# Settings of this deployment, made from those of the console. Keys belong into the environment.\n';
  return { yaml: head + stringify(tree, { lineWidth: 0 }), notes };
}

function holdsSecret(value: unknown, redact: (text: string) => string): boolean {
  return textsOf(value).some((text) => looksLikeCredential(text) || redact(text) !== text);
}

function notesOn(setting: string, value: unknown): DeployNote[] {
  const texts = textsOf(value);
  const notes: DeployNote[] = [];
  if (texts.some((text) => path.isAbsolute(text) && !setting.startsWith('permissions.')))
    notes.push({
      code: 'file_not_included',
      subject: setting,
      message: `${setting} names a file or folder of this machine. Bring it along and write its new place.`,
    });
  if (texts.some((text) => ownMachine.test(text)))
    notes.push({
      code: 'local_address',
      subject: setting,
      message: `${setting} names this machine. There it is another one: write an address that is reached from it.`,
    });
  return notes;
}

/** Every text in a value, keys of maps included. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return isMap(value) ? Object.entries(value).flatMap(([key, held]) => [key, ...textsOf(held)]) : [];
}

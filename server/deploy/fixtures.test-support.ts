import { splitPath } from '../config/setting-tree.ts';
import { type ConfigValue, configSchema } from '../contract/config.ts';
import { type DeployChoices, deployChoicesSchema } from '../contract/deploy.ts';
import type { ExportSource } from './make-export.ts';

/** A console with these settings in its file. */
export function sourceWith(settings: Record<string, unknown> = {}, more: Partial<ExportSource> = {}): ExportSource {
  let tree: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(settings)) tree = put(tree, splitPath(path) ?? [], value);
  const values = Object.entries(settings).map(([path, value]): ConfigValue => ({ path, value, source: 'file' }));
  const config = configSchema.parse(tree);
  return { config, values, split: splitPath, redact: (text) => text, secretNames: [], version: '0.1.0', ...more };
}

export function choose(choices: Record<string, unknown>): DeployChoices {
  return deployChoicesSchema.parse(choices);
}

function put(tree: Record<string, unknown>, [key = '', ...rest]: string[], value: unknown): Record<string, unknown> {
  const below = (tree[key] ?? {}) as Record<string, unknown>;
  return { ...tree, [key]: rest.length === 0 ? value : put(below, rest, value) };
}

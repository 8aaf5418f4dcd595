import type { ConfigSource, ConfigValue } from '../../../../server/contract/config.ts';

/** Entries of `providers` and `models` of the settings, what a person types about them, and the change that makes. */

export const providerLeaves = ['type', 'baseUrl', 'apiKeyEnv'] as const;
type ProviderLeaf = (typeof providerLeaves)[number];

/** As text; '' is not set. */
export type ProviderDraft = Record<ProviderLeaf, string> & { name: string };

export const priceLeaves = ['input', 'output', 'cacheRead', 'cacheWrite'] as const;
export type PriceLeaf = (typeof priceLeaves)[number];

/** As text; '' is not set. */
export type ModelDraft = Record<PriceLeaf | 'contextWindow', string> & { id: string };

export interface Entry<Draft> {
  draft: Draft;
  /** Where the strongest of its values comes from. */
  source: ConfigSource;
}

/** Null takes a key out of the file. */
export type SettingsChange = Record<string, string | number | null>;

export const emptyProvider: ProviderDraft = { name: '', type: 'openai-compatible', baseUrl: '', apiKeyEnv: '' };
export const emptyModel: ModelDraft = {
  id: '',
  contextWindow: '',
  input: '',
  output: '',
  cacheRead: '',
  cacheWrite: '',
};

const providerPath = /^providers\.(.+)\.(type|baseUrl|apiKeyEnv)$/;
const modelPath = /^models\.(.+)\.(?:(contextWindow)|price\.(input|output|cacheRead|cacheWrite))$/;
/** Such a name reads like a setting of a shorter one; it is left to the file. */
const ambiguous = /\.(type|baseUrl|apiKeyEnv|contextWindow|price(\..*)?)$/;

export function providersOf(values: readonly ConfigValue[]): Entry<ProviderDraft>[] {
  return collect(values, providerPath, (name) => ({ ...emptyProvider, type: '', name }));
}

export function modelsOf(values: readonly ConfigValue[]): Entry<ModelDraft>[] {
  return collect(values, modelPath, (id) => ({ ...emptyModel, id }));
}

/** Whether a value is shown as part of such an entry. */
export function isInEntry(path: string): boolean {
  if (path === 'providers' || path === 'models') return true;
  const name = providerPath.exec(path)?.[1] ?? modelPath.exec(path)?.[1];
  return name !== undefined && !ambiguous.test(name);
}

function collect<Draft>(
  values: readonly ConfigValue[],
  pattern: RegExp,
  empty: (name: string) => Draft,
): Entry<Draft>[] {
  const entries = new Map<string, Entry<Draft>>();
  for (const { path, value, source } of values) {
    const [, name = '', ...leaves] = pattern.exec(path) ?? [];
    const leaf = leaves.find((each) => each !== undefined);
    if (leaf === undefined || ambiguous.test(name)) continue;
    const entry = entries.get(name) ?? { draft: empty(name), source: 'default' };
    const isSet = value !== null && value !== undefined;
    entries.set(name, {
      draft: isSet ? { ...entry.draft, [leaf]: String(value) } : entry.draft,
      source: isSet && (entry.source === 'default' || entry.source === 'file') ? source : entry.source,
    });
  }
  return [...entries.values()];
}

export function providerChange(draft: ProviderDraft): SettingsChange {
  const name = draft.name.trim();
  return Object.fromEntries(providerLeaves.map((leaf) => [`providers.${name}.${leaf}`, draft[leaf].trim() || null]));
}

export type ModelFault = 'number' | 'price' | 'empty';

/** What is wrong with what was typed; undefined when it can be sent. */
export function modelFault(draft: ModelDraft): { leaf: keyof ModelDraft; fault: ModelFault } | undefined {
  const bad = (['contextWindow', ...priceLeaves] as const).find((leaf) => numberOf(draft[leaf]) === undefined);
  if (bad) return { leaf: bad, fault: 'number' };
  const hasPrice = priceLeaves.some((leaf) => draft[leaf].trim() !== '');
  const missing = (['input', 'output'] as const).find((leaf) => draft[leaf].trim() === '');
  if (hasPrice && missing) return { leaf: missing, fault: 'price' };
  if (!hasPrice && draft.contextWindow.trim() === '') return { leaf: 'contextWindow', fault: 'empty' };
  return undefined;
}

/** Of a draft without faults. */
export function modelChange(draft: ModelDraft): SettingsChange {
  const path = `models.${draft.id.trim()}`;
  const hasPrice = priceLeaves.some((leaf) => draft[leaf].trim() !== '');
  const prices = hasPrice
    ? Object.fromEntries(priceLeaves.map((leaf) => [`${path}.price.${leaf}`, numberOf(draft[leaf]) ?? null]))
    : { [`${path}.price`]: null };
  return { [`${path}.contextWindow`]: numberOf(draft.contextWindow) ?? null, ...prices };
}

/** Null for nothing, undefined for what is no number from 0. */
function numberOf(text: string): number | null | undefined {
  const trimmed = text.trim().replaceAll(/(?<=\d)[,_\s](?=\d{3})/g, '');
  if (trimmed === '') return null;
  const number = /^\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}

/** Such a name cannot be told from a setting of a shorter one. */
export function isUsableName(name: string): boolean {
  return name.trim() !== '' && !ambiguous.test(name.trim());
}

import type { LanguageModelV4 } from '@ai-sdk/provider';

/** What a provider's package was told when it made a model. */
export interface Opening {
  provider: string;
  type: string;
  modelId: string;
  baseUrl: string | undefined;
  apiKey: string | undefined;
}

/** Gives a model that was made before, as long as nothing changed that it was made with. */
export type OpenedModels = (opening: Opening, make: () => Promise<LanguageModelV4>) => Promise<LanguageModelV4>;

const maxModels = 64;

/** Packages build schemas for each model they make; the models themselves hold nothing of a call. */
export function createOpenedModels(): OpenedModels {
  /** By name, so that a replaced key is not kept. */
  const models = new Map<string, { opening: Opening; model: Promise<LanguageModelV4> }>();
  return (opening, make) => {
    const name = `${opening.provider}:${opening.modelId}`;
    const known = models.get(name);
    if (known && isSame(known.opening, opening)) return known.model;
    models.delete(name);
    const [oldest] = models.keys();
    if (models.size >= maxModels && oldest !== undefined) models.delete(oldest);
    const made = { opening, model: make() };
    models.set(name, made);
    // What could not be made is tried anew the next time; whoever asked hears why.
    made.model.catch(() => {
      if (models.get(name) === made) models.delete(name);
    });
    return made.model;
  };
}

function isSame(a: Opening, b: Opening): boolean {
  return a.type === b.type && a.baseUrl === b.baseUrl && a.apiKey === b.apiKey;
}

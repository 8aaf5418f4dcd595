import type { ModelUse, UsageBucket } from '../../../server/contract/usage.ts';

export const measures = ['cost', 'tokens', 'runs'] as const;
export type Measure = (typeof measures)[number];

/** No model has this name. */
export const allModels = '';

/** The models of all buckets together, dearest first. */
export function modelsOf(buckets: readonly UsageBucket[]): ModelUse[] {
  const byModel = new Map<string, ModelUse>();
  for (const use of buckets.flatMap(({ models = [] }) => models)) {
    const known = byModel.get(use.model);
    byModel.set(use.model, {
      model: use.model,
      runs: (known?.runs ?? 0) + use.runs,
      tokens: (known?.tokens ?? 0) + use.tokens,
      cost: (known?.cost ?? 0) + use.cost,
    });
  }
  return [...byModel.values()].sort((one, other) => other.cost - one.cost || other.runs - one.runs);
}

/** One amount for each bucket. All models together are the bucket's own sums: older ones name no models. */
export function amountsOf(buckets: readonly UsageBucket[], measure: Measure, model: string): number[] {
  return buckets.map((bucket) => {
    if (model !== allModels) return bucket.models?.find((use) => use.model === model)?.[measure] ?? 0;
    return measure === 'tokens' ? bucket.inputTokens + bucket.outputTokens : bucket[measure];
  });
}

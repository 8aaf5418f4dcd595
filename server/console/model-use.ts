import type { RunInfo } from '../contract/chat.ts';
import type { ModelUse, UsageBucket } from '../contract/usage.ts';

/** A bucket names so many models; what is left is known from its sums. */
const mostModels = 50;

export function modelUseOf({ model, usage }: RunInfo): ModelUse {
  return { model, runs: 1, tokens: usage.inputTokens + usage.outputTokens, cost: usage.cost };
}

/** Uses of the same model as one, dearest first. */
export function joinModels(uses: readonly ModelUse[]): ModelUse[] {
  const byModel = new Map<string, ModelUse>();
  for (const { model, runs, tokens, cost } of uses) {
    const known = byModel.get(model) ?? { model, runs: 0, tokens: 0, cost: 0 };
    byModel.set(model, {
      model,
      runs: known.runs + runs,
      tokens: known.tokens + tokens,
      cost: known.cost + cost,
    });
  }
  return [...byModel.values()]
    .sort((one, other) => other.cost - one.cost || other.runs - one.runs)
    .slice(0, mostModels);
}

/** For a bucket: absent when there is nothing to name. */
export function withModels(uses: readonly ModelUse[]): Pick<UsageBucket, 'models'> {
  return uses.length === 0 ? {} : { models: joinModels(uses) };
}

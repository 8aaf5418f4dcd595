import { type Decision, judge } from './judge.ts';
import type { Policy } from './policy.ts';
import type { ToolCallFacts } from './tool-call.ts';

/** A call is only permitted as far as every policy permits it: one that denies wins, then one that asks. */
export function judgeAll(call: ToolCallFacts, policies: readonly Policy[]): Decision {
  const decisions = policies.map((policy) => judge(call, policy));
  const denied = decisions.find(({ outcome }) => outcome === 'deny');
  if (denied) return denied;
  const asking = decisions.filter((decision) => decision.outcome === 'ask');
  const [first] = asking;
  // What a rule asks for cannot be remembered, whatever the others say.
  if (first) return asking.find(({ remember }) => remember.length === 0) ?? first;
  return decisions[0] ?? { outcome: 'deny', reason: 'There is no policy to go by.' };
}

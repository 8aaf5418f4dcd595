import { Hono } from 'hono';
import { z } from 'zod';
import {
  type PermissionTrial,
  permissionLists,
  permissionModes,
  permissionRuleSchema,
} from '../../contract/permissions.ts';
import { type Decision, judge } from '../../permissions/judge.ts';
import { createPolicy, modeFor, type Policy } from '../../permissions/policy.ts';
import { answer } from '../answer.ts';
import { validate } from '../validate.ts';

const rules = z.array(z.string().max(20_000)).max(1000);
const shape = { mode: z.enum(permissionModes).optional(), allow: rules, deny: rules, ask: rules };

/** Rules as they are typed: some may not be rules yet. */
const tryBody = z.strictObject({
  ...{ everyone: z.strictObject(shape), agent: z.strictObject(shape).optional() },
  line: z.string().max(100_000).optional(),
});
type Typed = z.infer<typeof tryBody>['everyone'];

/** Says of rules whether they are rules, and of a command line what they would make of it, by the judge of real runs. */
export function tryPermissionsRoutes() {
  return new Hono().post('/settings/permissions/try', validate('json', tryBody), (c) => {
    const { everyone, agent, line } = c.req.valid('json');
    const faults = [...faultsOf('everyone', everyone), ...(agent ? faultsOf('agent', agent) : [])];
    const verdict = line === undefined || faults.length > 0 ? undefined : decide(line, everyone, agent);
    return answer<PermissionTrial>(c, { faults, ...(verdict && { verdict }) });
  });
}

function faultsOf(scope: 'everyone' | 'agent', typed: Typed): PermissionTrial['faults'] {
  return permissionLists.flatMap((list) =>
    typed[list].flatMap((rule, index) => {
      const { error } = permissionRuleSchema.safeParse(rule);
      return error ? [{ scope, list, index, message: error.issues[0]?.message ?? 'This is no rule.' }] : [];
    }),
  );
}

function decide(line: string, everyone: Typed, agent: Typed | undefined): NonNullable<PermissionTrial['verdict']> {
  const call = {
    toolName: 'Bash',
    reach: 'execute' as const,
    target: { kind: 'command' as const, line, folder: '/workspace' },
  };
  const policy = createPolicy(everyone, agent, []);
  const decision = judge(call, policy);
  const { outcome, rule } = decision;
  const by =
    rule !== undefined ? 'rule' : isByRules(decision, () => judge(call, withoutAllow(policy))) ? 'rules' : 'mode';
  return {
    outcome,
    by,
    ...(rule !== undefined && { rule }),
    ...(decision.outcome !== 'allow' && { reason: decision.reason }),
    ...(policy.mode && { mode: policy.mode }),
  };
}

/** The mode stays the one that the rules brought along. */
function withoutAllow(policy: Policy): Policy {
  const mode = modeFor(policy, 'Bash');
  return { ...policy, allow: [], mode: mode === 'sandbox' ? undefined : mode };
}

/** Allowed part by part: no single rule did it, and without them all it would not be. */
function isByRules(decision: Decision, without: () => Decision): boolean {
  return decision.outcome === 'allow' && without().outcome !== 'allow';
}

import { z } from 'zod';

/** What happens to a tool call that no rule speaks about. The names are Claude Code's; docs/permissions.md says more. */
export const permissionModes = ['default', 'acceptEdits', 'plan', 'dontAsk', 'bypassPermissions'] as const;
export type PermissionMode = (typeof permissionModes)[number];

const fileTools = /^(?:Read|Write|Edit|Grep|Glob)\(/;

/** `Tool` or `Tool(pattern)`. */
export const permissionRuleSchema = z
  .string()
  .max(20_000)
  .regex(/^[\w*.-]+(?:\(.+\))?$/s, 'Write a rule as Tool or Tool(pattern), for instance Bash(git log:*).')
  .refine((rule) => !(fileTools.test(rule) && /\(\s*[!#]/.test(rule)), 'A path pattern cannot begin with ! or #.');

export const permissionsSchema = z.strictObject({
  /** Absent: tools that stay in the sandbox are allowed, others ask. */
  mode: z.enum(permissionModes).optional(),
  allow: z.array(permissionRuleSchema).default([]),
  deny: z.array(permissionRuleSchema).default([]),
  ask: z.array(permissionRuleSchema).default([]),
});
export type PermissionSettings = z.infer<typeof permissionsSchema>;

/** The sub-agent on whose behalf a person is asked. */
export interface AskingAgent {
  id: string;
  name: string;
}

/** In the order in which they are looked at. */
export const permissionLists = ['deny', 'ask', 'allow'] as const;

/** What typed rules would do, from `POST /settings/permissions/try`. */
export interface PermissionTrial {
  /** Words that are no rules. Nothing is judged while there are any. */
  faults: { scope: 'everyone' | 'agent'; list: (typeof permissionLists)[number]; index: number; message: string }[];
  verdict?: {
    outcome: 'allow' | 'ask' | 'deny';
    /** One rule, several that allow it part by part, or the mode. */
    by: 'rule' | 'rules' | 'mode';
    rule?: string;
    /** Why it is not allowed. */
    reason?: string;
    /** Absent: none is set. */
    mode?: PermissionMode;
  };
}

/** A tool call that waits for a person's permission. */
export interface PermissionRequest {
  /** Absent: the agent of the run itself. */
  agent?: AskingAgent;
  toolCallId: string;
  toolName: string;
  args: Record<string, unknown>;
  /** One sentence: why this is asked. */
  reason: string;
  /** The rule that asks; absent when the mode does. */
  rule?: string;
  /** The rules that an approval with `remember` adds; empty when it cannot be remembered. */
  remember: string[];
}

export const permissionDecisions = ['approved', 'rejected'] as const;
export type PermissionDecision = (typeof permissionDecisions)[number];

/** What the agent wants to know from the person. */
export interface UserQuestion {
  /** Absent: the agent of the run itself. */
  agent?: AskingAgent;
  toolCallId: string;
  question: string;
  /** What an answer should look like. */
  hint?: string;
  options?: { label: string; description?: string }[];
  /** Several options may be chosen. */
  multiple?: boolean;
  /** An answer in the person's own words is welcome besides the options. */
  custom?: boolean;
}

/** What a run waits for. */
export type PendingRequest = ({ kind: 'permission' } & PermissionRequest) | ({ kind: 'question' } & UserQuestion);

const answered = { toolCallId: z.string().min(1).max(256).optional() };
const answerText = z.string().trim().min(1, 'Write an answer.').max(100_000);
const answerValue = z.union([answerText, z.array(answerText).min(1).max(100)]);

/** Body of `POST /api/sessions/:id/respond`. Without `toolCallId` the oldest request of that kind is answered. */
export const respondSchema = z.union([
  z.strictObject({ kind: z.literal('question'), answer: answerValue, ...answered }),
  z.strictObject({
    kind: z.literal('permission'),
    decision: z.enum(permissionDecisions),
    remember: z.enum(['session', 'always']).optional(),
    ...answered,
  }),
  // The form of older clients.
  z.strictObject({ answer: answerValue, ...answered }).transform((old) => ({ kind: 'question' as const, ...old })),
]);
export type RespondRequest = z.infer<typeof respondSchema>;

/** Answer of `POST /api/sessions/:id/respond`. */
export interface RespondAnswer {
  sessionId: string;
  /** The run that goes on; a new one when the session was idle on a question. */
  runId: string;
  toolCallId: string;
  /** Rules that were added. */
  remembered: string[];
}

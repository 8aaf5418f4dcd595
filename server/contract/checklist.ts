import { z } from 'zod';
import type { ChecklistFixCode, ChecklistSentence } from './checklist-words.ts';

/** The production checklist: what a server should have before others depend on it. Times since 1970 in ms. */

export const checklistIds = [
  ...(['secret_sources', 'token', 'cors', 'transport', 'leaks'] as const),
  ...(['docker', 'image_pinned', 'sandbox_privilege', 'shutdown', 'idle_timeout'] as const),
  ...(['data_volume', 'session_store', 'backups', 'disk'] as const),
  ...(['health', 'logs', 'clock', 'update'] as const),
] as const;
export type ChecklistId = (typeof checklistIds)[number];

export const checklistGroups = {
  access: ['secret_sources', 'token', 'cors', 'transport', 'leaks'],
  sandboxes: ['docker', 'image_pinned', 'sandbox_privilege', 'shutdown', 'idle_timeout'],
  data: ['data_volume', 'session_store', 'backups', 'disk'],
  operation: ['health', 'logs', 'clock', 'update'],
} as const satisfies Record<string, readonly ChecklistId[]>;
export type ChecklistGroup = keyof typeof checklistGroups;

export const checklistStates = ['passed', 'warning', 'failed', 'not_applicable', 'could_not_check'] as const;
export type ChecklistState = (typeof checklistStates)[number];

/** One thing that was seen, as it is: a setting, a command, an answer. Redacted; never translated. */
export interface ChecklistEvidence {
  name: string;
  value: string;
}

export interface ChecklistResult {
  state: ChecklistState;
  /** Which sentence of `checklistSentences` says what was found, and what is filled in. */
  code: ChecklistSentence;
  params: Record<string, string>;
  evidence: ChecklistEvidence[];
  fix?: ChecklistFixCode;
  /** What the fix would put in: an image by its digest, milliseconds. */
  fixValue?: string;
  testedAt: number;
  durationMs: number;
}

/** A person accepts a state for a while. It never hides the state. */
export interface ChecklistWaiver {
  reason: string;
  since: number;
  expiresAt: number;
  /** What was accepted; a worse one is not. */
  state: ChecklistState;
}

export interface ChecklistItem {
  id: ChecklistId;
  /** Absent: never tested. */
  result?: ChecklistResult;
  waiver?: ChecklistWaiver;
  /** Whether the waiver counts: it has not expired, and the state is not worse than what was accepted. */
  isWaived: boolean;
}

export interface ChecklistReport {
  /** `ready`: every item was tested, and each one passed, does not apply, or is waived. */
  verdict: 'ready' | 'not_ready' | 'untested';
  /** Items that are to be fixed: failed, warned or could not be checked, and are not waived. */
  toFix: number;
  waived: number;
  /** Of the program. */
  version: string;
  madeAt: number;
  items: ChecklistItem[];
}

/** What is told while items are tested; `done` or `failed` is the last. */
export type ChecklistProgress =
  | { type: 'step'; done: number; total: number; unit: 'items' }
  | { type: 'item'; item: ChecklistItem }
  | { type: 'done'; report: ChecklistReport }
  | { type: 'failed'; code: string; message: string };

export const maxWaiverDays = 366;
const dayMs = 86_400_000;

export const waiverSchema = z.strictObject({
  reason: z.string().trim().min(3, 'Say why, in a few words.').max(500, 'A reason has 500 characters at most.'),
  expiresAt: z.number().int(),
});
export type NewWaiver = z.infer<typeof waiverSchema>;

/** Why a waiver cannot end then; undefined when it can. */
export function expiryFault(expiresAt: number, now: number): 'past' | 'too_far' | undefined {
  if (expiresAt <= now) return 'past';
  return expiresAt > now + maxWaiverDays * dayMs ? 'too_far' : undefined;
}

export const checklistIdSchema = z.enum(checklistIds);
export const checklistRunSchema = z.strictObject({ ids: z.array(checklistIdSchema).min(1).optional() });

const originSchema = z
  .string()
  .max(300)
  .refine(
    (text) => isExplicitOrigin(text),
    'Write an origin such as https://app.example.com: no path, and no * in it.',
  );
export const originsSchema = z.strictObject({ origins: z.array(originSchema).max(50) });

/** `https://host` or `http://host`, with or without a port, and nothing else. */
export function isExplicitOrigin(text: string): boolean {
  if (text.includes('*')) return false;
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text.replace(/\/$/, '');
}

import { z } from 'zod';
import type { HookedToolOutput } from '../agent/run-hooks.ts';
import { imageBlockSchema, textBlockSchema } from '../contract/messages.ts';
import type { ToolDecision } from './plugin.ts';

/** What plugins hand back at tool calls. Their code may come without types, so it is looked at. */

const decisionSchema = z.discriminatedUnion('decision', [
  z.object({ decision: z.literal('allow') }),
  z.object({ decision: z.literal('rewrite'), input: z.record(z.string(), z.json()) }),
  z.object({ decision: z.literal('deny'), reason: z.string() }),
]);

const outputSchema = z.object({
  content: z.array(z.discriminatedUnion('type', [textBlockSchema, imageBlockSchema])),
  details: z.unknown().optional(),
  isError: z.boolean().optional(),
});

/** The arguments to go on with, or why not. Throws for what is no decision: nobody knows what was meant. */
export function inputOf(
  decision: ToolDecision | undefined,
  input: Record<string, unknown>,
): { input: Record<string, unknown> } | { reason: string } {
  if (decision === undefined) return { input };
  const parsed = decisionSchema.safeParse(decision);
  if (!parsed.success) throw new Error(`It answered with no decision: ${z.prettifyError(parsed.error)}`);
  if (parsed.data.decision === 'deny') return { reason: parsed.data.reason };
  return { input: parsed.data.decision === 'rewrite' ? parsed.data.input : input };
}

/** Throws for what is no output. */
export function outputOf(value: HookedToolOutput | undefined): HookedToolOutput | undefined {
  if (value === undefined) return undefined;
  const parsed = outputSchema.safeParse(value);
  if (!parsed.success) throw new Error(`It gave back no tool output: ${z.prettifyError(parsed.error)}`);
  return value;
}

import { z } from 'zod';
import { firstRunSteps, stepOutcomes } from './first-run.ts';

/** Bodies of requests. */

export const firstRunChangeSchema = z.union([
  z.strictObject({ step: z.enum(firstRunSteps), outcome: z.enum(stepOutcomes) }),
  z.strictObject({ goTo: z.enum(firstRunSteps) }),
  z.strictObject({ status: z.enum(['finished', 'dismissed']) }),
]);
export type FirstRunChange = z.infer<typeof firstRunChangeSchema>;

export const choosePlaceSchema = z.strictObject({ to: z.string().trim().min(1).max(4096) });

const port = z.number().int().min(1).max(65_535);
const modelId = z.string().min(1).max(200);

export const lookLocalSchema = z.strictObject({ port: port.optional() });

export const chooseModelSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('key'),
    provider: z.enum(['anthropic', 'openai']),
    /** Absent: the key that is set already. */
    value: z.string().trim().min(1, 'Paste a key.').max(16_384).optional(),
    /** Keeps a key that could not be checked. One that was refused is never kept. */
    unchecked: z.boolean().default(false),
  }),
  z.strictObject({ kind: z.literal('local'), id: z.string().min(1).max(64), port, model: modelId }),
  z.strictObject({ kind: z.literal('demo') }),
]);
export type ChooseModel = z.infer<typeof chooseModelSchema>;

import { z } from 'zod';

/** What can go wrong in a page: a script's fault, a refused address, a request without an answer. */
export const pageFaultKinds = ['error', 'rejection', 'render', 'load', 'request', 'policy'] as const;

const pageFaultSchema = z.strictObject({
  kind: z.enum(pageFaultKinds),
  message: z.string().max(1000),
  /** Path of the page, without its query. */
  page: z.string().max(300),
  /** What was asked for or refused: a path, or a scheme and a host. */
  target: z.string().max(300).optional(),
  /** Script, line and column. */
  source: z.string().max(300).optional(),
  stack: z.string().max(8000).optional(),
  /** How often it happened since it was told last. */
  times: z.number().int().min(1).max(1_000_000),
});
export type PageFault = z.infer<typeof pageFaultSchema>;

export const pageFaultsSchema = z.strictObject({
  faults: z.array(pageFaultSchema).min(1).max(20),
  /** Others that there was no room for. */
  left: z.number().int().min(0).max(1_000_000),
});
export type PageFaults = z.infer<typeof pageFaultsSchema>;

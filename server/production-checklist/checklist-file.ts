import { readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import {
  type ChecklistId,
  type ChecklistResult,
  type ChecklistWaiver,
  checklistIdSchema,
  checklistStates,
} from '../contract/checklist.ts';
import {
  type ChecklistFixCode,
  type ChecklistSentence,
  checklistFixes,
  checklistSentences,
} from '../contract/checklist-words.ts';
import { atomicWriteFile } from '../data/atomic-write.ts';
import { errnoOf, toStorageError } from '../data/storage-error.ts';

const state = z.enum(checklistStates);
const sentence = z.custom<ChecklistSentence>(
  (value) => typeof value === 'string' && Object.hasOwn(checklistSentences, value),
);
const fix = z.custom<ChecklistFixCode>((value) => typeof value === 'string' && Object.hasOwn(checklistFixes, value));

const waiverSchema = z.object({
  reason: z.string(),
  since: z.number(),
  expiresAt: z.number(),
  state,
}) satisfies z.ZodType<ChecklistWaiver>;

const resultSchema = z.object({
  ...{ state, code: sentence, params: z.record(z.string(), z.string()) },
  evidence: z.array(z.object({ name: z.string(), value: z.string() })),
  fix: fix.exactOptional(),
  fixValue: z.string().exactOptional(),
  ...{ testedAt: z.number(), durationMs: z.number() },
}) satisfies z.ZodType<ChecklistResult>;

/** A result of another version of the program may not be known any more; no waiver is lost for that. */
const fileSchema = z.object({
  version: z.literal(1),
  waivers: z.record(z.string(), waiverSchema),
  results: z.record(z.string(), z.unknown()).catch({}),
});

export interface KeptChecklist {
  waivers: Partial<Record<ChecklistId, ChecklistWaiver>>;
  results: Partial<Record<ChecklistId, ChecklistResult>>;
}

export function checklistFile(dataDir: string): string {
  return path.join(dataDir, 'readiness.json');
}

/** Empty when there is none. One that cannot be understood is put aside under another name, and told by `damaged`. */
export async function readChecklist(dataDir: string): Promise<KeptChecklist & { damaged?: string }> {
  const text = await readText(dataDir);
  if (text === undefined) return { waivers: {}, results: {} };
  const parsed = fileSchema.safeParse(parseJson(text));
  if (!parsed.success) return { waivers: {}, results: {}, damaged: checklistFile(dataDir) };
  const results = Object.entries(parsed.data.results).flatMap(([id, value]) => {
    const [known, result] = [checklistIdSchema.safeParse(id), resultSchema.safeParse(value)];
    return known.success && result.success ? [[known.data, result.data] as const] : [];
  });
  const waivers = Object.entries(parsed.data.waivers).flatMap(([id, waiver]) => {
    const known = checklistIdSchema.safeParse(id);
    return known.success ? [[known.data, waiver] as const] : [];
  });
  return { waivers: Object.fromEntries(waivers), results: Object.fromEntries(results) };
}

/** Out of the way, and kept: its waivers may be wanted. Resolves with the new name. */
export async function putAside(file: string, now: number): Promise<string> {
  const aside = `${file}.damaged-${now}`;
  await rename(file, aside);
  return aside;
}

/** Throws AppError `storage_unavailable`. */
export async function writeChecklist(dataDir: string, kept: KeptChecklist): Promise<void> {
  try {
    await atomicWriteFile(checklistFile(dataDir), `${JSON.stringify({ version: 1, ...kept }, null, 2)}\n`);
  } catch (error) {
    throw toStorageError(error);
  }
}

async function readText(dataDir: string): Promise<string | undefined> {
  try {
    return await readFile(checklistFile(dataDir), 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw toStorageError(error);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { lstat, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { type SkillInfo, skillNameSchema } from '../contract/skills.ts';
import { errnoOf } from '../data/storage-error.ts';
import { AppError } from '../lib/app-error.ts';

/** A skill as it lies in its folder. */
export interface SkillFolder {
  info: Omit<SkillInfo, 'enabled'>;
  /** What the agent is to do. */
  instructions: string;
}

export const maxInstructionBytes = 256 * 1024;
const maxFiles = 2000;

const names = z.union([z.array(z.string()), z.string().transform((text) => text.split(/[\s,]+/).filter(Boolean))]);
const commonFields = {
  name: skillNameSchema,
  description: z.string().trim().min(1).max(1024),
  version: z.union([z.string(), z.number().transform(String)]).exactOptional(),
  mode: z.enum(['inline', 'delegate']).default('inline'),
  model: z.string().exactOptional(),
};
/** Fields of others (license, metadata …) are left alone. */
const frontMatterSchema = z.object({
  ...commonFields,
  'allowed-tools': names.exactOptional(),
  tools: names.exactOptional(),
});
const jsonSchema = z.object({
  ...commonFields,
  tools: names.exactOptional(),
  /** The instructions themselves, or the file that holds them. */
  instructions: z.string().exactOptional(),
  prompt: z.string().exactOptional(),
  instructionsFile: z.string().exactOptional(),
});

/** Reads a skill from `SKILL.md` or `skill.json`. Throws AppError `skill_invalid` (422) that says what is wrong. */
export async function readSkillFolder(dir: string): Promise<SkillFolder> {
  const markdown = await readIfThere(path.join(dir, 'SKILL.md'));
  const parsed = markdown === undefined ? await fromJson(dir) : fromMarkdown(markdown);
  const { files, sizeBytes, installedAt } = await measure(dir);
  return { instructions: parsed.instructions, info: { ...parsed.info, files, sizeBytes, installedAt } };
}

type Parsed = { info: Omit<SkillFolder['info'], 'files' | 'sizeBytes' | 'installedAt'>; instructions: string };

export function fromMarkdown(text: string): Parsed {
  const [, head, body] = /^\uFEFF?---[ \t]*\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n([\s\S]*))?$/.exec(text) ?? [];
  if (head === undefined)
    throw invalid('SKILL.md must begin with a block between two lines of ---, with name and description.');
  const { 'allowed-tools': allowed, tools = allowed, ...fields } = check(frontMatterSchema, readYaml(head), 'SKILL.md');
  const instructions = body?.trim() ?? '';
  if (instructions === '') throw invalid('SKILL.md has no instructions below its head.');
  return { info: { ...fields, ...(tools && { tools }), format: 'SKILL.md' }, instructions };
}

async function fromJson(dir: string): Promise<Parsed> {
  const text = await readIfThere(path.join(dir, 'skill.json'));
  if (text === undefined) throw invalid('The folder holds neither SKILL.md nor skill.json.');
  const {
    instructions,
    prompt = instructions,
    instructionsFile,
    ...fields
  } = check(jsonSchema, readJson(text), 'skill.json');
  const said = prompt ?? (await readIfThere(innerPath(dir, instructionsFile ?? 'PROMPT.md'))) ?? '';
  if (said.trim() === '')
    throw invalid('skill.json has no instructions: write them as “instructions”, or name “instructionsFile”.');
  return { info: { ...fields, format: 'skill.json' }, instructions: said.trim() };
}

function check<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(`${file} is not right:\n${z.prettifyError(result.error)}`);
}

function readYaml(text: string): unknown {
  try {
    // Warnings would print words of a stranger on this program's standard error, line by line.
    return parseYaml(text, { maxAliasCount: 20, logLevel: 'error' });
  } catch (error) {
    throw invalid(
      `The head of SKILL.md is not valid YAML: ${error instanceof Error ? error.message.split('\n')[0] : ''}`,
    );
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid('skill.json is not valid JSON.');
  }
}

function innerPath(dir: string, file: string): string {
  const target = path.resolve(dir, file);
  if (target.startsWith(`${path.resolve(dir)}${path.sep}`)) return target;
  throw invalid('instructionsFile must lie in the folder of the skill.');
}

/** Never through a link: a skill must not read what lies outside of it. */
async function readIfThere(file: string): Promise<string | undefined> {
  try {
    const facts = await lstat(file);
    if (!facts.isFile()) throw invalid(`${path.basename(file)} is not a plain file.`);
    if (facts.size > maxInstructionBytes) throw invalid(`${path.basename(file)} has more than 256 KiB.`);
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function measure(dir: string): Promise<{ files: number; sizeBytes: number; installedAt: number }> {
  let files = 0;
  let sizeBytes = 0;
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    if (!entry.isFile()) throw invalid(`${entry.name} is a link or a device. A skill holds plain files only.`);
    files += 1;
    if (files > maxFiles) throw invalid(`The folder holds more than ${maxFiles} files.`);
    sizeBytes += (await lstat(path.join(entry.parentPath, entry.name))).size;
  }
  return { files, sizeBytes, installedAt: Math.round((await lstat(dir)).mtimeMs) };
}

export function invalid(message: string): AppError {
  return new AppError('skill_invalid', message, { status: 422 });
}

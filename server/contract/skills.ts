import { z } from 'zod';

export const skillNameSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,63}$/,
    'A skill’s name has up to 64 lower-case letters, digits, dots, underscores and hyphens.',
  );

export const skillSchema = z.object({
  name: z.string(),
  description: z.string(),
  version: z.string().exactOptional(),
  mode: z.enum(['inline', 'delegate']).describe('delegate: a sub-agent of its own carries it out.'),
  tools: z.array(z.string()).exactOptional().describe('The only tools that its sub-agent has.'),
  model: z.string().exactOptional().describe('`provider:model` of its sub-agent.'),
  enabled: z.boolean(),
  format: z.enum(['SKILL.md', 'skill.json']),
  files: z.number(),
  sizeBytes: z.number(),
  installedAt: z.number(),
});
export type SkillInfo = z.infer<typeof skillSchema>;

/** A folder below `skills` that is no skill. */
export const brokenSkillSchema = z.object({ name: z.string(), problem: z.string() });
export type BrokenSkill = z.infer<typeof brokenSkillSchema>;

export const skillChangeSchema = z.strictObject({ enabled: z.boolean() });

import { Hono } from 'hono';
import { z } from 'zod';
import { brokenSkillSchema, skillChangeSchema, skillNameSchema, skillSchema } from '../../contract/skills.ts';
import { AppError } from '../../lib/app-error.ts';
import type { SkillManager } from '../../skills/skill-manager.ts';
import type { HttpEnv } from '../http-env.ts';
import type { Operation } from '../operation.ts';
import { readJson } from '../read-json.ts';
import { isMultipart } from '../uploads/read-chat-request.ts';
import { type FormFile, readForm } from '../uploads/read-form.ts';
import type { Upload, UploadSpool } from '../uploads/spool.ts';

const maxZipBytes = 25 * 1024 * 1024;

const params = z.object({ name: skillNameSchema });
const installQuery = z.object({
  replace: z.enum(['0', '1']).default('0').describe('1: takes the place of a skill of the same name.'),
});
const listSchema = z.object({
  skills: z.array(skillSchema),
  broken: z.array(brokenSkillSchema).describe('Folders that are no skills, and why.'),
});
const wholeSkillSchema = skillSchema.extend({ instructions: z.string() });

const skill = { name: 'Skill', schema: skillSchema };
const ofAll = { tag: 'Skills', access: ['admin'], spansTenants: true } as const;

export const skillOperations: Operation[] = [
  {
    tag: 'Skills',
    method: 'get',
    path: '/api/skills',
    id: 'listSkills',
    summary: 'List skills',
    access: ['read', 'chat'],
    answers: [{ status: 200, description: 'By name.', body: { name: 'Skills', schema: listSchema } }],
  },
  {
    ...ofAll,
    method: 'post',
    path: '/api/skills',
    id: 'installSkill',
    summary: 'Install a skill from a zip',
    description: 'The zip holds a folder with SKILL.md or skill.json. It is checked whole before anything is kept.',
    query: installQuery,
    form: { name: 'SkillZip', schema: z.object({ file: z.string() }) },
    answers: [{ status: 201, description: 'Installed and enabled.', body: skill }],
    errors: [400, 409, 413, 422],
  },
  {
    tag: 'Skills',
    method: 'get',
    path: '/api/skills/:name',
    id: 'getSkill',
    summary: 'Look at a skill',
    access: ['read', 'chat'],
    params,
    answers: [{ status: 200, description: 'The skill.', body: { name: 'WholeSkill', schema: wholeSkillSchema } }],
    errors: [404, 422],
  },
  {
    ...ofAll,
    method: 'patch',
    path: '/api/skills/:name',
    id: 'changeSkill',
    summary: 'Switch a skill on or off',
    params,
    body: { name: 'SkillChange', schema: skillChangeSchema },
    answers: [{ status: 200, description: 'As it is now.', body: skill }],
    errors: [404, 422],
  },
  {
    ...ofAll,
    method: 'delete',
    path: '/api/skills/:name',
    id: 'removeSkill',
    summary: 'Remove a skill',
    params,
    answers: [{ status: 204, description: 'Done.' }],
    errors: [404],
  },
];

/** Whether forms with a zip are taken at this path. */
export function takesSkills(path: string): boolean {
  return path === '/api/skills';
}

export function createSkillRoutes(skills: SkillManager | undefined, uploads: UploadSpool | undefined): Hono<HttpEnv> {
  const offered = () => {
    if (skills) return skills;
    throw new AppError('skills_unavailable', 'This server has no skills.', { status: 404 });
  };
  return new Hono<HttpEnv>()
    .get('/api/skills', async (c) => c.json(await offered().list()))
    .post('/api/skills', async (c) => {
      const { replace } = installQuery.parse(c.req.query());
      const zip = await readZip(c.req.raw.body, c.req.header('Content-Type') ?? '', uploads);
      return c.json(await offered().install(zip, { replace: replace === '1' }), 201);
    })
    .get('/api/skills/:name', async (c) => {
      const { info, instructions } = await offered().get(params.parse(c.req.param()).name);
      return c.json({ ...info, instructions });
    })
    .patch('/api/skills/:name', async (c) => {
      const { name } = params.parse(c.req.param());
      const { enabled } = await readJson(c, skillChangeSchema);
      return c.json(await offered().setEnabled(name, enabled));
    })
    .delete('/api/skills/:name', async (c) => {
      await offered().remove(params.parse(c.req.param()).name);
      return c.body(null, 204);
    });
}

async function readZip(
  body: ReadableStream<Uint8Array> | null,
  type: string,
  spool: UploadSpool | undefined,
): Promise<Buffer> {
  if (!spool || !body || !isMultipart(type)) {
    throw new AppError('invalid_form', 'Send the zip as a file of a form (multipart/form-data).', { status: 400 });
  }
  const uploads: Upload[] = [];
  try {
    const received: FormFile[] = [];
    await readForm(body, type, { uploads, received }, spool, { bodyBytes: 65_536, fileBytes: maxZipBytes, files: 1 });
    const [file] = received;
    if (!file) throw new AppError('invalid_form', 'The form holds no file.', { status: 400 });
    return Buffer.from(await file.upload.read());
  } finally {
    await Promise.allSettled(uploads.map((upload) => upload.discard()));
  }
}

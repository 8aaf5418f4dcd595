import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { silentLogger } from '../telemetry/logger.ts';
import { fromMarkdown } from './skill-file.ts';
import { createSkillManager, type SkillManager } from './skill-manager.ts';

let dataDir: string;
let skills: SkillManager;
const at = (...parts: string[]) => path.join(dataDir, 'skills', ...parts);
const code = (value: string, part = ''): unknown =>
  expect.objectContaining({ code: value, message: expect.stringContaining(part) });
const markdown = (name = 'pdf-forms', more = '') =>
  `---\nname: ${name}\ndescription: Fills forms.\n${more}---\n# How\n\nFill them.\n`;

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'agentrail-skills-'));
  skills = createSkillManager({ dataDir, logger: silentLogger });
});
afterEach(() => rm(dataDir, { recursive: true }));

async function zipOf(files: Record<string, string | Buffer>, mode?: number): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(files)) {
    zip.addBuffer(Buffer.from(content), name, mode === undefined ? {} : { mode });
  }
  zip.end();
  return Buffer.concat(await Array.fromAsync(zip.outputStream, (chunk) => Buffer.from(chunk)));
}

/** A zip whose names were changed behind its writer's back, which refuses them itself. */
async function zipNaming(evil: string, files: Record<string, string> = {}): Promise<Buffer> {
  const stand = 'q'.repeat(Buffer.byteLength(evil));
  const zip = await zipOf({ 'SKILL.md': markdown(), ...files, [stand]: 'x' });
  return Buffer.from(zip.toString('latin1').replaceAll(stand, Buffer.from(evil).toString('latin1')), 'latin1');
}

const install = async (zip: Promise<Buffer> | Buffer, replace = false) => skills.install(await zip, { replace });

describe('a skill', () => {
  it('comes from a zip with SKILL.md, in a folder or not, and is enabled', async () => {
    const info = await install(zipOf({ 'pdf/SKILL.md': markdown(), 'pdf/scripts/fill.py': 'print(1)' }));
    expect(info).toMatchObject({ name: 'pdf-forms', enabled: true, mode: 'inline', format: 'SKILL.md', files: 2 });
    expect(await readFile(at('pdf-forms/scripts/fill.py'), 'utf8')).toBe('print(1)');
    await install(zipOf({ 'SKILL.md': markdown('flat') }));
    expect((await skills.list()).skills.map(({ name }) => name)).toEqual(['flat', 'pdf-forms']);
    expect((await skills.get('flat')).instructions).toBe('# How\n\nFill them.');
  });

  it('comes from skill.json, with its instructions inside or beside it', async () => {
    const json = {
      name: 'report',
      description: 'Writes reports.',
      mode: 'delegate',
      tools: ['Read'],
      model: 'demo:demo',
    };
    await install(zipOf({ 'skill.json': JSON.stringify({ ...json, instructionsFile: 'how.md' }), 'how.md': 'Write.' }));
    const skill = await skills.get('report');
    expect(skill).toMatchObject({
      instructions: 'Write.',
      info: { mode: 'delegate', tools: ['Read'], format: 'skill.json' },
    });
  });

  it('may be put there by hand, switched off and on, and removed', async () => {
    await mkdir(at('pdf-forms'), { recursive: true });
    await writeFile(at('pdf-forms/SKILL.md'), markdown('pdf-forms', 'allowed-tools: Read, Bash\nlicense: MIT\n'));
    expect((await skills.get('pdf-forms')).info.tools).toEqual(['Read', 'Bash']);
    await skills.setEnabled('pdf-forms', false);
    expect(await skills.enabled()).toEqual([]);
    const again = createSkillManager({ dataDir, logger: silentLogger });
    expect((await again.get('pdf-forms')).info.enabled).toBe(false);
    await again.setEnabled('pdf-forms', true);
    expect(await skills.enabled()).toHaveLength(1);
    await skills.remove('pdf-forms');
    await expect(skills.get('pdf-forms')).rejects.toEqual(code('skill_not_found'));
    expect(await readdir(at())).toEqual(['.state.json']);
  });

  it('takes the place of another one only when told, and never half', async () => {
    await install(zipOf({ 'SKILL.md': markdown(), 'old.txt': 'old' }));
    await expect(install(zipOf({ 'SKILL.md': markdown() }))).rejects.toEqual(code('skill_exists'));
    await expect(install(zipOf({ 'SKILL.md': 'broken', 'new.txt': '' }), true)).rejects.toEqual(code('skill_invalid'));
    expect(await readdir(at('pdf-forms'))).toContain('old.txt');
    await install(zipOf({ 'SKILL.md': markdown(), 'new.txt': 'new' }), true);
    expect((await readdir(at('pdf-forms'))).toSorted()).toEqual(['SKILL.md', 'new.txt']);
    expect(await readdir(at())).toEqual(['pdf-forms']);
  });

  it('that is broken is named with what is wrong, and harms no other', async () => {
    await install(zipOf({ 'SKILL.md': markdown() }));
    await mkdir(at('empty'));
    await mkdir(at('renamed'));
    await writeFile(at('renamed/SKILL.md'), markdown('other'));
    await mkdir(at('linked'));
    await writeFile(at('linked/SKILL.md'), markdown('linked'));
    await symlink('/etc/passwd', at('linked/data'));
    const { skills: good, broken } = await skills.list();
    expect(good.map(({ name }) => name)).toEqual(['pdf-forms']);
    expect(broken.map(({ name }) => name)).toEqual(['empty', 'linked', 'renamed']);
    expect(broken[1]?.problem).toContain('link');
  });
});

describe('a zip is refused whole', () => {
  it.each([
    '../evil.txt',
    'a/../../evil.txt',
    '/etc/evil',
    'C:evil.txt',
    'a\\..\\evil',
    './evil',
    'a//evil',
    'con',
    'NUL.txt',
    'evil.',
    'skill.md',
  ])('when it names %s', async (name) => {
    await expect(install(zipNaming(name))).rejects.toEqual(code('zip_invalid', 'refused'));
    expect(await readdir(at())).toEqual([]);
    expect(await readdir(dataDir)).toEqual(['skills']);
  });

  it('when it holds a link or a device', async () => {
    await expect(install(zipOf({ 'SKILL.md': '/etc/passwd' }, 0o120777))).rejects.toEqual(code('zip_invalid', 'link'));
    await expect(install(zipOf({ 'SKILL.md': 'x' }, 0o060666))).rejects.toEqual(code('zip_invalid', 'device'));
  });

  it('when it unpacks to more than may be kept, whatever its directory says', async () => {
    const bomb = zipOf({ 'SKILL.md': markdown(), zeros: Buffer.alloc(60 * 1024 * 1024) });
    await expect(install(bomb)).rejects.toEqual(code('zip_too_large'));
    const many = Object.fromEntries(Array.from({ length: 2001 }, (_, index) => [`f${index}`, '']));
    await expect(install(zipOf(many))).rejects.toEqual(code('zip_too_large'));
    expect(await readdir(at())).toEqual([]);
  });

  it('when it is none', async () => {
    await expect(install(Buffer.from('PK no zip'))).rejects.toEqual(code('zip_invalid'));
    const zip = await zipOf({ 'SKILL.md': markdown() });
    await expect(install(zip.subarray(0, zip.length - 30))).rejects.toEqual(code('zip_invalid'));
  });

  it('or installed whole, however it was damaged', async () => {
    const zip = await zipOf({ 'a/SKILL.md': markdown(), 'a/b/c.txt': 'content' });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(zip.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        async (changes) => {
          const copy = Buffer.from(zip);
          for (const [place, byte] of changes) copy[place] = byte;
          const result = await install(copy, true).catch((error: unknown) => error);
          expect(result).toSatisfy(
            (value) => 'files' in (value as object) || /^(zip|skill)_/.test(String((value as { code: unknown }).code)),
          );
          expect((await readdir(dataDir)).toSorted()).toEqual(['skills']);
          expect((await readdir(at())).filter((name) => name.startsWith('.'))).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('the head of SKILL.md', () => {
  it.each([
    ['no head', '# Just text', 'two lines of ---'],
    ['no description', '---\nname: a\n---\ntext', 'description'],
    ['a name that is none', '---\nname: A B\ndescription: x\n---\ntext', 'lower-case'],
    ['broken YAML', '---\nname: [a\n---\ntext', 'YAML'],
    ['no instructions', '---\nname: a\ndescription: x\n---\n', 'no instructions'],
  ])('with %s is refused with the reason', (_, text, part) => {
    expect(() => fromMarkdown(text)).toThrow(
      expect.objectContaining({ code: 'skill_invalid', message: expect.stringContaining(part) }),
    );
  });

  it('whatever it is, is read or refused with a reason', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        try {
          expect(fromMarkdown(`---\n${text}\n---\nbody`).info.name).toBeTypeOf('string');
        } catch (error) {
          expect((error as { code: string }).code).toBe('skill_invalid');
        }
      }),
    );
  });
});

import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { parseConfig } from '../config/parse-yaml.ts';
import { configSchema } from '../contract/config.ts';
import { initProject } from './init.ts';

const scaffold = join(import.meta.dirname, '../../resources/scaffold');
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'agentrail-init-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const files = [
  '.agentrail/skills/meeting-notes/SKILL.md',
  '.agentrail/skills/meeting-notes/template.md',
  '.gitignore',
  'README.md',
  'agentrail.yaml',
  'plugins/office-hours.ts',
  'prompts/assistant.md',
];
const at = (...parts: string[]) => join(folder, ...parts);
const init = (isForced = false) => initProject(scaffold, folder, isForced);
const filesThere = async () => {
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  return all
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
};

describe('a new project', () => {
  it('is written into a folder that is empty, or not there yet', async () => {
    expect((await init()).written.toSorted()).toEqual(files);
    await initProject(scaffold, at('deep/er'), false);
    expect(await readFile(at('deep/er/.gitignore'), 'utf8')).toContain('/.agentrail/*');
    if (process.platform !== 'win32') expect((await stat(at('.agentrail'))).mode & 0o777).toBe(0o700);
  });

  it('is written into a folder that is in use, and leaves alone what is there', async () => {
    await mkdir(at('plugins'));
    await writeFile(at('plugins/own.ts'), 'own');
    expect((await init()).written).toHaveLength(files.length);
    expect(await readFile(at('plugins/own.ts'), 'utf8')).toBe('own');
  });

  it('takes the place of nothing: all that is there is named, and nothing is written', async () => {
    await writeFile(at('README.md'), 'mine');
    await writeFile(at('agentrail.yaml'), 'version: 1');
    await expect(init()).rejects.toMatchObject({
      code: 'files_exist',
      message: expect.stringMatching(/\n {2}README\.md\n {2}agentrail\.yaml\n/),
    });
    expect((await filesThere()).toSorted()).toEqual(['README.md', 'agentrail.yaml']);
  });

  it('takes the place of files when forced, and keeps each of them', async () => {
    await writeFile(at('README.md'), 'mine');
    await writeFile(at('README.md.bak'), 'older');
    const { kept, written } = await init(true);
    expect(kept).toEqual([{ path: 'README.md', backup: 'README.md.2.bak' }]);
    expect(written).toHaveLength(files.length);
    expect(await readFile(at('README.md.2.bak'), 'utf8')).toBe('mine');
    expect(await readFile(at('README.md.bak'), 'utf8')).toBe('older');
    expect(await init(true)).toEqual({ kept: [], written: [] });
  });

  it.each(['prompts', 'README.md'])('is not written through a link at %s', async (name) => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'agentrail-elsewhere-'));
    await symlink(elsewhere, at(name));
    await expect(init(true)).rejects.toMatchObject({ code: 'path_blocked' });
    expect(await readdir(elsewhere)).toEqual([]);
    expect(await readdir(folder)).toEqual([name]);
    await rm(elsewhere, { recursive: true });
  });
});

describe('its settings', () => {
  const text = () => readFile(join(scaffold, 'agentrail.yaml'), 'utf8');
  /** As if every # in front of a key were taken away. */
  const switchedOn = async () => (await text()).replaceAll(/^( *)#(?=[a-zA-Z][\w-]*:)/gm, '$1');

  it('are valid as they are, and with every key switched on', async () => {
    for (const each of [await text(), await switchedOn()]) {
      const { faults, settings } = parseConfig(each);
      expect(faults).toEqual([]);
      expect(configSchema.safeParse(settings).error).toBeUndefined();
    }
  });

  it('name every key that there is; a new one is explained in resources/scaffold/agentrail.yaml', async () => {
    const named = keysOf(parse(await switchedOn()));
    const leaves = leavesOf(z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as Json);
    expect(leaves.size).toBeGreaterThan(80);
    expect([...leaves].filter((leaf) => !named.has(leaf))).toEqual([]);
  });

  it('show the defaults that there are, but for the examples', async () => {
    const shown: unknown = parse(await switchedOn());
    const examples = new Set(['plugins', 'permissions.deny', 'sandbox.env', 'llm.temperature']);
    const wrong = [...defaultsOf(configSchema.parse({}))].filter(
      ([path, value]) => !examples.has(path) && JSON.stringify(valueAt(shown, path)) !== JSON.stringify(value),
    );
    expect(wrong.map(([path]) => path)).toEqual([]);
  });
});

type Json = { properties?: Record<string, Json>; additionalProperties?: Json | boolean; items?: Json } & Partial<
  Record<'anyOf' | 'oneOf' | 'allOf', Json[]>
>;

/** Dotted paths, with `*` for names that people choose. */
function leavesOf(schema: Json, path = ''): Set<string> {
  const below = [
    ...[schema.anyOf, schema.oneOf, schema.allOf].flatMap((some) => some ?? []).map((each) => leavesOf(each, path)),
    ...Object.entries(schema.properties ?? {}).map(([key, each]) => leavesOf(each, path ? `${path}.${key}` : key)),
    ...(typeof schema.additionalProperties === 'object' &&
    Object.keys(schema.additionalProperties.properties ?? {}).length > 0
      ? [leavesOf(schema.additionalProperties, `${path}.*`)]
      : []),
  ].flatMap((set) => [...set]);
  return new Set(below.length > 0 ? below : [path]);
}

/** All paths of a value; a name that people chose counts as itself and as `*`. */
function keysOf(value: unknown, paths: readonly string[] = ['']): Set<string> {
  const own = new Set(paths);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return own;
  for (const [key, each] of Object.entries(value)) {
    const next = paths.flatMap((path) => [path ? `${path}.${key}` : key, `${path}.*`]);
    for (const found of keysOf(each, next)) own.add(found);
  }
  return own;
}

function* defaultsOf(value: object, path = ''): Generator<[string, unknown]> {
  for (const [key, each] of Object.entries(value)) {
    const place = path ? `${path}.${key}` : key;
    if (typeof each !== 'object' || each === null || Array.isArray(each)) yield [place, each];
    else yield* defaultsOf(each, place);
  }
}

function valueAt(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], value);
}

import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadPlugins } from './load-plugins.ts';
import type { Plugin } from './plugin.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'agentrail-plugins-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const shipped = { greeter: (): Plugin => ({ name: 'greeter', version: '1.0.0' }) };

async function load(files: Record<string, string>, names = Object.keys(files)) {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const paths = names.map((name) => (name in shipped ? name : join(folder, name)));
  return loadPlugins({ wanted: paths, shipped });
}

test('a file is loaded by its path, shipped ones are known by name, and a function is handed what it cannot import', async () => {
  const { plugins, failed } = await load(
    {
      'typed.ts': 'const version = "2.0.0"; export default { name: "typed", version };',
      'maker.mjs': `export default ({ z, defineTool }) => ({
        name: 'maker', version: '1.0.0',
        tools: [defineTool({ name: 'Roll', description: 'x', inputSchema: z.object({}), execute: async () => ({ content: [] }) })],
      });`,
    },
    ['greeter', 'typed.ts', 'maker.mjs'],
  );
  expect(failed).toEqual([]);
  expect(plugins.map(({ name, version }) => `${name} ${version}`)).toEqual([
    'greeter 1.0.0',
    'typed 2.0.0',
    'maker 1.0.0',
  ]);
  expect(plugins[2]?.tools?.[0]?.name).toBe('Roll');
});

describe('what cannot be loaded is left out, with what is wrong with it', () => {
  const good = 'export default { name: "good", version: "1.0.0" };';

  test.each([
    ['a file that throws', 'throw new Error("at import");', /cannot be loaded: at import/],
    ['a syntax error', 'export default {', /cannot be loaded/],
    ['no default export', 'export const plugin = {};', /has no default export/],
    ['something else', 'export default 7;', /it is no object/],
    ['no name', 'export default { version: "1" };', /its name must be/],
    ['a bad name', 'export default { name: "../x", version: "1" };', /its name must be/],
    ['no version', 'export default { name: "x" };', /its version must be a text/],
    ['a hook that is no function', 'export default { name: "x", version: "1", start: 1 };', /start must be a function/],
    [
      'a misspelt hook',
      'export default { name: "x", version: "1", onToolCall() {} };',
      /there is no hook "onToolCall"/,
    ],
    ['a broken tool', 'export default { name: "x", version: "1", tools: [{}] };', /tools\[0\] needs name, description/],
    ['tools that are no list', 'export default { name: "x", version: "1", tools: {} };', /tools must be a list/],
    ['a maker that throws', 'export default () => { throw new Error("made badly"); };', /made badly/],
    ['the name of another', good, /A plugin called "good" runs already/],
  ])('%s', async (_what, text, reason) => {
    const { plugins, failed } = await load({ 'good.ts': good, 'bad.ts': text });
    expect(plugins.map(({ name }) => name)).toEqual(['good']);
    expect(failed).toMatchObject([{ name: join(folder, 'bad.ts'), reason: expect.stringMatching(reason) }]);
  });

  test('a file that is missing, and a name that nothing has: told with the names there are', async () => {
    const { failed } = await loadPlugins({ wanted: [join(folder, 'gone.ts'), 'greeeter', 'constructor'], shipped });
    expect(failed.map(({ reason }) => reason)).toEqual(
      Array(3).fill(expect.stringMatching(/no plugin file .*: greeter\.$/)),
    );
  });
});

test('an edited file is read again at the next start', async () => {
  const file = join(folder, 'edited.ts');
  const versionNow = async () => (await loadPlugins({ wanted: [file], shipped })).plugins[0]?.version;
  await writeFile(file, 'export default { name: "edited", version: "1" };');
  expect(await versionNow()).toBe('1');
  await writeFile(file, 'export default { name: "edited", version: "2" };');
  await utimes(file, 1, 1_000_000);
  expect(await versionNow()).toBe('2');
});

test('one that was made in code and is no plugin is refused', async () => {
  await expect(loadPlugins({ wanted: [], shipped, given: [{ name: 'x' } as Plugin] })).rejects.toMatchObject({
    code: 'invalid_plugin',
  });
});

describe('one that the settings require', () => {
  test('keeps the server from starting when it cannot be loaded, with the reason', async () => {
    await writeFile(join(folder, 'guard.mjs'), 'throw new Error("no such rule");');
    for (const [path, reason] of [
      [join(folder, 'guard.mjs'), /no such rule/],
      [join(folder, 'gone.mjs'), /There is no plugin file/],
    ] as const) {
      await expect(loadPlugins({ wanted: ['greeter', { path, required: true }], shipped })).rejects.toMatchObject({
        code: 'plugin_required',
        message: expect.stringMatching(reason),
      });
      const { plugins, failed } = await loadPlugins({ wanted: ['greeter', { path, required: false }], shipped });
      expect([plugins.length, failed.length]).toEqual([1, 1]);
    }
  });

  test('is loaded like any other', async () => {
    await writeFile(join(folder, 'guard.mjs'), 'export default { name: "guard", version: "1.0.0" };');
    const wanted = [
      { path: 'greeter', required: true },
      { path: join(folder, 'guard.mjs'), required: true },
    ];
    expect((await loadPlugins({ wanted, shipped })).plugins.map(({ name }) => name)).toEqual(['greeter', 'guard']);
  });
});

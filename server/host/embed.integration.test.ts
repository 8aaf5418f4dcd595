import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** The examples of docs/embedding.md and docs/plugins.md, run by Node as people would run them. */

const docs = join(import.meta.dirname, '../../docs');
const mark = '=== the next example ===';
let folder: string;
/** What each example printed, in the order of the page; the plugin file's comes last. */
let printed: string[];

async function examplesOf(page: string, language: string): Promise<string[]> {
  const text = await readFile(join(docs, page), 'utf8');
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, found, code]) =>
    found === language && code !== undefined ? [code] : [],
  );
}

/** As if the program lay beside the docs. */
function resolved(code: string): string {
  return code
    .replaceAll("'../server/index.ts'", JSON.stringify(join(docs, '../server/index.ts')))
    .replaceAll("'hono'", JSON.stringify(import.meta.resolve('hono')))
    .replaceAll("'zod'", JSON.stringify(import.meta.resolve('zod')));
}

/** One after the other in one process: reading the sources is most of what each takes. */
async function runAll(examples: readonly string[]): Promise<string[]> {
  for (const [index, code] of examples.entries()) await writeFile(join(folder, `${index}.ts`), resolved(code));
  const steps = examples.map((_, index) => `await import('./${index}.ts'); console.log('${mark}');`);
  await writeFile(join(folder, 'all.ts'), `${steps.join('\n')}\nexport {};`);
  const env = { PATH: process.env.PATH ?? '', HOME: folder, DOCKER_HOST: `unix://${folder}/none.sock` };
  const { stdout } = await promisify(execFile)(process.execPath, ['all.ts'], { cwd: folder, env });
  return stdout.split(mark).map((text) => text.trim());
}

const usePluginFile = `
  import { embedAgentrail } from '../server/index.ts';
  const agentrail = await embedAgentrail({ dataDir: './data', configPath: './with-plugins/agentrail.yaml' });
  const chat = async (message: string) => {
    const body = JSON.stringify({ message });
    const headers = { 'Content-Type': 'application/json' };
    const answer = await agentrail.fetch(new Request('http://localhost/api/chat', { method: 'POST', headers, body }));
    return ((await answer.json()) as { text: string }).text;
  };
  console.log(await chat('/hours'));
  console.log((await chat('/help')).split('\\n')[0]);
  console.log(await (await agentrail.fetch(new Request('http://localhost/plugins/office-hours/status'))).text());
  console.log((await agentrail.readiness()).checks.some(({ name }) => name.startsWith('plugin')));
  await agentrail.shutdown();
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'agentrail-docs-'));
  await mkdir(join(folder, 'prompts'));
  for (const name of ['tone', 'refunds']) await writeFile(join(folder, `prompts/${name}.md`), `About ${name}.`);
  const [settings = ''] = await examplesOf('plugins.md', 'yaml');
  const [plugin = ''] = await examplesOf('plugins.md', 'ts');
  // Types are stripped, not checked.
  await writeFile(join(folder, 'office-hours.ts'), `const unused: string = '';\n${plugin}`);
  const examples = await examplesOf('embedding.md', 'ts');
  await mkdir(join(folder, 'with-plugins'));
  await writeFile(join(folder, 'with-plugins/agentrail.yaml'), settings.replace('./', '../'));
  printed = await runAll([...examples, usePluginFile]);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test('an app of one’s own answers with the server mounted in it', () => {
  expect(printed[0]).toContain("stopReason: 'stop'");
  expect(printed[0]).toContain('demo');
});

test('a resolver finds the agent for the tenant, with its files read', () => {
  expect(printed[1]).toBe('support');
});

test('own routes ask for their own key, and answer with the handlers of the API', () => {
  expect(printed[2]).toBe('401 200');
});

test('a server with a listener answers and ends', () => {
  expect(printed[3]).toBe('200');
});

test('a plugin file in TypeScript is loaded from the settings beside the shipped ones', () => {
  expect(printed[4]?.split('\n')).toEqual([
    'We are here from nine to five.',
    'Commands of this conversation:',
    '{"open":true}',
    'false',
  ]);
});

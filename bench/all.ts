// `npm run bench`: every benchmark, one after the other, each in a process of its own. Prints what they print and writes it
// all to .cache/bench/all.md, with their JSON in .cache/bench/all.json.
//   npm run bench -- [--full] [--only streams,logs]
// Without --full each takes the short form, about 25 minutes in all on two cores; figures for a page come from --full.
import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

interface Program {
  name: string;
  short: readonly string[];
  full: readonly string[];
  /** Below .cache. */
  json: string;
}

const programs: readonly Program[] = [
  {
    name: 'streams',
    short: ['--rounds', '1', '--burst-ms', '1500', '--held-seconds', '15'],
    full: ['--rounds', '3', '--held-seconds', '600'],
    json: 'bench/streams.json',
  },
  { name: 'sessions', short: [], full: [], json: 'bench/sessions.json' },
  { name: 'sessions-postgres', short: ['--sessions', '10000'], full: [], json: 'bench/sessions-postgres.json' },
  {
    name: 'sandbox',
    short: ['--rounds', '1', '--destroy', '50', '--many', '20'],
    full: [],
    json: 'bench-sandbox.json',
  },
  { name: 'logs', short: ['--lines', '200000', '--rounds', '1'], full: [], json: 'bench/logs.json' },
  {
    name: 'renderer-logs',
    short: ['--seconds', '15', '--lines', '200000'],
    full: [],
    json: 'bench/renderer-logs.json',
  },
  { name: 'renderer', short: ['--starts', '3', '--seconds', '5'], full: [], json: 'bench/renderer.json' },
];

const { values } = parseArgs({
  options: { full: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const wanted = values.only?.split(',').map((name) => name.trim());
const unknown = wanted?.filter((name) => !programs.some((program) => program.name === name)) ?? [];
if (unknown.length > 0) {
  process.stderr.write(
    `There is no benchmark ${unknown.join(', ')}. There are ${programs.map(({ name }) => name).join(', ')}.\n`,
  );
  process.exit(2);
}

const cache = path.join(import.meta.dirname, '../.cache');
const parts: string[] = [`# Benchmarks\n\n${machine()}`];
const reports: Record<string, unknown> = {};
const failed: string[] = [];
for (const program of programs.filter(({ name }) => wanted === undefined || wanted.includes(name))) {
  const before = loadavg()[0] ?? 0;
  process.stdout.write(`\n## ${program.name}\n\n`);
  const { code, output } = await run(program);
  const load = `Load average ${before.toFixed(1)} before, ${(loadavg()[0] ?? 0).toFixed(1)} after.`;
  parts.push(`## ${program.name}\n\n${output.trim()}\n\n${load}`);
  if (code === 0) reports[program.name] = await readReport(program);
  else failed.push(program.name);
}
await mkdir(path.join(cache, 'bench'), { recursive: true });
await writeFile(path.join(cache, 'bench/all.md'), `${parts.join('\n\n')}\n`);
await writeFile(path.join(cache, 'bench/all.json'), `${JSON.stringify({ machine: machine(), reports }, null, 2)}\n`);
if (failed.length > 0) {
  process.stderr.write(`\nNot measured, for they failed: ${failed.join(', ')}.\n`);
  process.exitCode = 1;
}

function machine(): string {
  return `Node ${process.version} on ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${process.platform}.`;
}

/** Its tables are printed as they come and kept; what it says of its way goes to standard error as it is. */
async function run({ name, short, full }: Program): Promise<{ code: number | null; output: string }> {
  const args = [path.join(import.meta.dirname, `${name}.ts`), ...(values.full ? full : short)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    process.stdout.write(text);
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, output };
}

async function readReport({ json }: Program): Promise<unknown> {
  return JSON.parse(await readFile(path.join(cache, json), 'utf8'));
}

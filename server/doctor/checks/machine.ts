import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { probeWritable } from '../../data/write-probe.ts';
import type { ProviderAnswer } from '../ask-providers.ts';
import type { CheckOutcome } from '../run-checks.ts';
import type { DoctorSurroundings } from '../surroundings.ts';

const versionTimeoutMs = 4000;
const leastNode = 24;
/** No clock that is right is before this program was written. */
const leastTime = Date.UTC(2025, 0, 1);
/** TLS and signed requests begin to fail about here. */
const mostApartMs = 60_000;
const run = promisify(execFile);

interface Program {
  name: string;
  /** Why it must be there; absent: it is good to have. */
  neededFor?: string;
}

/** What is found by PATH, in which version. */
export async function checkPrograms(
  { config, environment }: DoctorSurroundings,
  signal: AbortSignal,
): Promise<CheckOutcome> {
  const { settings } = config();
  const programs: Program[] = [
    { name: 'docker' },
    { name: 'git' },
    { name: 'ssh', ...(settings.sandbox.dockerHost?.startsWith('ssh:') && { neededFor: 'sandbox.dockerHost' }) },
    ...Object.entries(settings.mcpServers).flatMap(([name, { enabled, command }]): Program[] =>
      enabled && command !== undefined ? [{ name: command, neededFor: `MCP server ${name}` }] : [],
    ),
  ];
  const folders = (environment.PATH ?? '').split(path.delimiter).filter(Boolean);
  const unique = [...new Map(programs.map((program) => [program.name, program])).values()];
  const found = await Promise.all(
    unique.map(async (program) => {
      const file = await findProgram(program.name, folders);
      const version = file === undefined ? undefined : await versionOf(file, program, environment, signal);
      return { ...program, file, version };
    }),
  );
  const details = [
    `node ${process.versions.node}${process.versions.electron === undefined ? '' : `, Electron ${process.versions.electron}`}  ${process.execPath}`,
    ...found.map(
      ({ name, file, version }) => `${name}  ${file ?? 'not found'}${version === undefined ? '' : `  ${version}`}`,
    ),
    `PATH ${folders.join(path.delimiter)}`,
  ];
  const missing = found.filter(({ file, neededFor }) => file === undefined && neededFor !== undefined);
  const [first] = missing;
  if (first !== undefined) {
    const evidence = missing
      .map(({ name, neededFor }) => `${name} is not found by PATH; ${neededFor} needs it.`)
      .join(' ');
    return {
      state: 'warn',
      evidence,
      details,
      fix: `Install ${first.name}, or add its folder to PATH and start again.`,
    };
  }
  if (Number.parseInt(process.versions.node, 10) < leastNode) {
    const evidence = `Node ${process.versions.node} is older than ${leastNode}.`;
    return { state: 'bad', evidence, details, fix: `Install Node ${leastNode} or newer.` };
  }
  const seen = found.filter(({ file }) => file !== undefined).map(({ name }) => name);
  return {
    state: 'ok',
    evidence: `Node ${process.versions.node}; found ${seen.join(', ') || 'no other program'}.`,
    details,
  };
}

async function findProgram(name: string, folders: readonly string[]): Promise<string | undefined> {
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', '.bat', ''] : [''];
  const places = /[/\\]/.test(name) ? [path.resolve(name)] : folders.map((folder) => path.join(folder, name));
  for (const place of places) {
    for (const ending of endings) {
      const file = `${place}${ending}`;
      const isProgram = await Promise.all([access(file, constants.X_OK), stat(file)]).then(
        ([, facts]) => facts.isFile(),
        () => false,
      );
      if (isProgram) return file;
    }
  }
  return undefined;
}

/** Of what we know how to ask only: a program of somebody's own may do anything when it is started. */
async function versionOf(
  file: string,
  { name }: Program,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (name !== 'docker' && name !== 'git' && name !== 'ssh') return undefined;
  const args = name === 'ssh' ? ['-V'] : ['--version'];
  try {
    const { stdout, stderr } = await run(file, args, {
      timeout: versionTimeoutMs,
      signal,
      env: { ...env },
      maxBuffer: 65_536,
    });
    return (stdout || stderr).split('\n')[0]?.trim().slice(0, 120);
  } catch {
    return 'gives no version';
  }
}

/** Against itself, the clock of the disk, which may be another machine's, and those of the providers. */
export async function checkClock(at: DoctorSurroundings, answers: Promise<ProviderAnswer[]>): Promise<CheckOutcome> {
  const { dataDir, clock, beganAt } = at;
  const here = clock.now();
  const fix = 'Let the system set its clock by the network (NTP).';
  const told = new Date(here).toISOString();
  if (here < leastTime) return { state: 'bad', evidence: `It says ${told}.`, fix };
  const details = [`Here: ${told}`];
  // The disk stamps what is changed by its own clock; a file that comes and goes changes the folder.
  await probeWritable(dataDir);
  const disk = Math.round((await stat(dataDir)).ctimeMs - clock.now());
  details.push(`Disk: ${inSeconds(disk)}`);
  const apart = [{ whose: "The disk's clock", ms: disk }];
  for (const { name, apartMs } of await answers) {
    if (apartMs === undefined) continue;
    details.push(`${name}: ${inSeconds(apartMs)}`);
    apart.push({ whose: `The clock of ${name}`, ms: apartMs });
  }
  const jumpMs = beganAt === undefined ? 0 : here - beganAt.now - (clock.monotonic() - beganAt.monotonic);
  if (beganAt !== undefined) details.push(`Set or asleep since the start: ${inSeconds(Math.round(jumpMs))}`);
  const worst = apart.toSorted((a, b) => Math.abs(b.ms) - Math.abs(a.ms))[0];
  if (worst !== undefined && Math.abs(worst.ms) > mostApartMs) {
    return { state: 'warn', evidence: `${worst.whose} is ${inSeconds(worst.ms)} of this one.`, details, fix };
  }
  if (jumpMs < -mostApartMs) {
    const evidence = `It was set back by ${Math.round(-jumpMs / 1000)} seconds since the program started.`;
    return { state: 'warn', evidence, details, fix };
  }
  return { state: 'ok', evidence: told, details };
}

function inSeconds(ms: number): string {
  return `${Math.abs(ms / 1000).toFixed(1)} s ${ms < 0 ? 'behind' : 'ahead'}`;
}

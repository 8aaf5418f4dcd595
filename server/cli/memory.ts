import type { Command, Option } from 'commander';
import { idSchema, type Owner } from '../contract/ids.ts';
import { openParts } from '../host/open-parts.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import { systemClock } from '../lib/clock.ts';
import type { UserMemoryManager } from '../memory/user-memory.ts';
import { commandLineOf, installFiles, type ServerFlags } from './options.ts';
import { say } from './output.ts';

type Flags = Pick<ServerFlags, 'dataDir' | 'config'> & { json?: boolean };

const exitCodes = { fine: 0, problem: 1, unreachable: 3 };
const lookEveryMs = 200;

/** `agentrail memory …`: works on the data directory itself, so no server may own it meanwhile. */
export function addMemoryCommands(program: Command, common: Option[]): void {
  const parent = program.command('memory').description('see, clear and rebuild what is remembered of a user');
  const add = (
    name: string,
    about: string,
    work: (memory: UserMemoryManager, owner: Owner, flags: Flags) => Promise<number>,
  ) => {
    const command = parent.command(`${name} <tenant/user>`).description(about).option('--json', 'print JSON');
    for (const option of common) command.addOption(option);
    command.action((place: string, flags: Flags) => run(flags, (memory) => work(memory, ownerOf(place), flags)));
  };
  add('show', 'print what is remembered', show);
  add('clear', 'forget it', clear);
  add('rebuild', 'read all conversations of the user anew, with the configured model', rebuild);
}

async function show(memory: UserMemoryManager, owner: Owner, { json }: Flags): Promise<number> {
  const known = await memory.get(owner);
  if (json) say(JSON.stringify(known));
  else say(known.text.trimEnd() || (known.enabled ? 'Nothing is remembered.' : 'The memory is switched off.'));
  return exitCodes.fine;
}

async function clear(memory: UserMemoryManager, owner: Owner, { json }: Flags): Promise<number> {
  const known = await memory.clear(owner);
  say(json ? JSON.stringify(known) : 'Nothing is remembered any more.');
  return exitCodes.fine;
}

async function rebuild(memory: UserMemoryManager, owner: Owner, { json }: Flags): Promise<number> {
  const stop = () => memory.abortRebuild(owner);
  process.once('SIGINT', stop);
  try {
    await memory.rebuild(owner);
    for (;;) {
      const { rebuild: job, ...known } = await memory.get(owner);
      if (!job) throw new AppError('internal', 'The rebuild is gone.');
      if (!json && process.stderr.isTTY) process.stderr.write(`\r${job.done}/${job.total} conversations`);
      if (job.status === 'running') await systemClock.sleep(lookEveryMs);
      else {
        if (!json && process.stderr.isTTY) process.stderr.write('\n');
        if (job.status !== 'done')
          throw new AppError(job.error?.code ?? 'aborted', job.error?.message ?? 'Stopped; the memory is as it was.');
        say(
          json ? JSON.stringify({ ...known, rebuild: job }) : known.text.trimEnd() || 'There is nothing to remember.',
        );
        return exitCodes.fine;
      }
    }
  } finally {
    process.removeListener('SIGINT', stop);
  }
}

async function run(flags: Flags, command: (memory: UserMemoryManager) => Promise<number>): Promise<void> {
  try {
    const options = { ...installFiles(), commandLine: commandLineOf(flags) };
    const parts = await openParts(options);
    try {
      process.exitCode = await command(parts.memory);
    } finally {
      await parts.close('now');
    }
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    const isOwned = error instanceof AppError && error.code === 'data_dir_locked';
    process.exitCode = isOwned ? exitCodes.unreachable : exitCodes.problem;
  }
}

function ownerOf(place: string): Owner {
  const [tenantId, userId, ...rest] = place.split('/').map((id) => idSchema.safeParse(id).data);
  if (tenantId !== undefined && userId !== undefined && rest.length === 0) return { tenantId, userId };
  throw new AppError('invalid_id', 'Name the user as tenant/user, for instance default/anna.', { status: 400 });
}

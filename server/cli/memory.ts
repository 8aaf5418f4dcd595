import type { Command, Option } from 'commander';
import { idSchema, type Owner } from '../contract/ids.ts';
import type { UserMemory } from '../contract/memory.ts';
import { AppError } from '../lib/app-error.ts';
import { systemClock } from '../lib/clock.ts';
import { type ConsoleClient, withConsole } from './link/with-console.ts';
import { type DataFlags, exitCodes, runCommand, usageError } from './opened-data.ts';
import { say } from './output.ts';

type Work = (console: ConsoleClient, owner: Owner, flags: DataFlags) => Promise<number>;

const lookEveryMs = 200;

/** `agentrail memory …`: through the server that runs, else on the data directory itself. */
export function addMemoryCommands(program: Command, common: Option[]): void {
  const parent = program.command('memory').description('see, clear and rebuild what is remembered of a user');
  const add = (name: string, about: string, work: Work) => {
    const command = parent.command(`${name} <tenant/user>`).description(about).option('--json', 'print JSON');
    for (const option of common) command.addOption(option);
    command.action((place: string, flags: DataFlags) =>
      runCommand((signal) => {
        const owner = ownerOf(place);
        return withConsole(flags, { signal }, (console) => work(console, owner, flags));
      }),
    );
  };
  add('show', 'print what is remembered', show);
  add('clear', 'forget it', clear);
  add('rebuild', 'read all conversations of the user anew, with the configured model', rebuild);
}

const memoryOf = ({ api }: ConsoleClient) => api.tenants[':tenantId'].users[':userId'].memory;

const show: Work = async (console, owner, { json }) => {
  const known = await console.ask<UserMemory>(memoryOf(console).$get({ param: owner }));
  if (json) say(JSON.stringify(known));
  else say(known.text.trimEnd() || (known.enabled ? 'Nothing is remembered.' : 'The memory is switched off.'));
  return exitCodes.fine;
};

const clear: Work = async (console, owner, { json }) => {
  const known = await console.ask<UserMemory>(memoryOf(console).$delete({ param: owner }));
  say(json ? JSON.stringify(known) : 'Nothing is remembered any more.');
  return exitCodes.fine;
};

/** Ends with Ctrl-C in both homes: a server would go on by itself. */
const rebuild: Work = async (console, owner, { json }) => {
  const memory = memoryOf(console);
  const showsSteps = !json && process.stderr.isTTY;
  await console.ask(memory.rebuild.$post({ param: owner }));
  for (;;) {
    if (console.signal.aborted) await console.stopOnServer((api) => abortRebuild(api, owner));
    console.signal.throwIfAborted();
    const { rebuild: job, ...known } = await console.ask<UserMemory>(memory.$get({ param: owner }));
    if (!job) throw new AppError('internal', 'The rebuild is gone.');
    if (showsSteps) process.stderr.write(`\r${job.done}/${job.total} conversations`);
    if (job.status === 'running') {
      await systemClock.sleep(lookEveryMs, console.signal).catch(() => undefined);
      continue;
    }
    if (showsSteps) process.stderr.write('\n');
    if (job.status !== 'done')
      throw new AppError(job.error?.code ?? 'aborted', job.error?.message ?? 'Stopped; the memory is as it was.');
    say(json ? JSON.stringify({ ...known, rebuild: job }) : known.text.trimEnd() || 'There is nothing to remember.');
    return exitCodes.fine;
  }
};

function abortRebuild(api: ConsoleClient['api'], owner: Owner): Promise<unknown> {
  return api.tenants[':tenantId'].users[':userId'].memory.rebuild.$delete({ param: owner });
}

function ownerOf(place: string): Owner {
  const [tenantId, userId, ...rest] = place.split('/').map((id) => idSchema.safeParse(id).data);
  if (tenantId !== undefined && userId !== undefined && rest.length === 0) return { tenantId, userId };
  throw usageError('Name the user as tenant/user, for instance default/anna.');
}

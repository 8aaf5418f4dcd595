import type { Command } from 'commander';
import { askForReset, carryOutReset, planReset } from '../data/reset/factory-reset.ts';
import { systemClock } from '../lib/clock.ts';
import { type DataFlags, exitCodes, locate, mustBeThere, runCommand, withLock } from './opened-data.ts';
import { say, sayPlain } from './output.ts';

interface ResetFlags extends DataFlags {
  yes?: boolean;
  keepSettings?: boolean;
}

/** `agentrail data reset`: needs the server stopped, and is then carried out at once. */
export function addResetCommand(command: Command): void {
  command
    .description('remove all that is kept but the backups, as on the first day')
    .option('--keep-settings', 'agentrail.yaml stays')
    .option('--yes', 'really; without it the command tells what would go')
    .action((flags: ResetFlags) => runCommand(() => reset(flags)));
}

async function reset(flags: ResetFlags): Promise<number> {
  const { dataDir } = await locate(flags);
  await mustBeThere(dataDir);
  const keepSettings = flags.keepSettings ?? false;
  if (flags.yes) {
    const plan = await withLock(dataDir, async () => {
      await askForReset(dataDir, { keepSettings, askedAt: systemClock.now() });
      return carryOutReset(dataDir);
    });
    if (flags.json) say(JSON.stringify({ ...plan, done: true }));
    else
      say(`Removed: ${plan?.goes.join(', ') || 'nothing was there'}. Stays: ${plan?.stays.join(', ') || 'nothing'}.`);
    return exitCodes.fine;
  }
  const plan = await planReset(dataDir, keepSettings);
  if (flags.json) say(JSON.stringify({ ...plan, done: false }));
  else {
    for (const name of plan.goes) sayPlain(`goes   ${name}`);
    for (const name of [...plan.stays, ...plan.elsewhere]) sayPlain(`stays  ${name}`);
    say('Make a backup first with agentrail backup --secrets. Remove this for good with --yes.');
  }
  return exitCodes.fine;
}

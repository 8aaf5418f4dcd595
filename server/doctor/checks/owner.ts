import type { LockOwner } from '../../data/lock.ts';
import { listRepairs } from '../journal.ts';
import { findLeftovers } from '../repairs/leftovers.ts';
import { findLooseLocks } from '../repairs/locks.ts';
import type { CheckOutcome } from '../run-checks.ts';
import type { DoctorSurroundings } from '../surroundings.ts';

const mostNamed = 20;

/** Who owns the data directory, and what earlier owners left of their asking. */
export async function checkLock({ dataDir, ownership }: DoctorSurroundings): Promise<CheckOutcome> {
  const found = await ownership();
  const repair = { repair: 'stale_lock', command: 'agentrail doctor --repair stale_lock' } as const;
  const loose = await findLooseLocks(dataDir);
  const details = loose.map(({ path }) => path);
  switch (found.state) {
    case 'own':
      if (!found.isHeld) {
        const fix = 'Restart the program before anything else writes there.';
        return { state: 'bad', evidence: 'The lock of this program is gone from the data directory.', fix };
      }
      break;
    case 'stale':
      return {
        ...{ state: 'warn', evidence: `${told(found.owner)} is gone and left its lock.`, details },
        ...{ fix: 'The next start takes it over by itself; or remove it now.', ...repair },
      };
    case 'unreadable':
      return { state: 'warn', evidence: 'The file lock cannot be understood.', details, fix: 'Remove it.', ...repair };
    case 'elsewhere': {
      const fix = 'Stop it there. If that machine is gone, remove the file named lock in the data directory.';
      return { state: 'warn', evidence: `${told(found.owner)} on ${found.owner.host} owns it.`, fix };
    }
  }
  if (loose.length > 0) {
    const evidence = `${loose.length} half-made locks of processes that are gone lie there.`;
    return { state: 'warn', evidence, details, fix: 'Take them out of the way.', ...repair };
  }
  const evidence =
    found.state === 'none'
      ? 'Nobody owns it now.'
      : found.state === 'own'
        ? 'This program owns it.'
        : `${told(found.owner)} owns it.`;
  return { state: 'ok', evidence };
}

function told({ pid, acquiredAt }: LockOwner): string {
  return `Process ${pid}, since ${new Date(acquiredAt).toISOString().slice(0, 16)}Z,`;
}

/** Only an owner can tell what is half made from what is being made. */
export async function checkLeftovers(
  { dataDir, ownership, clock }: DoctorSurroundings,
  signal: AbortSignal,
): Promise<CheckOutcome> {
  const { state } = await ownership();
  if (state === 'held' || state === 'elsewhere') {
    return { state: 'not_applicable', evidence: 'Another program works there; its own console looks for them.' };
  }
  const found = await findLeftovers(dataDir, clock.now(), signal);
  if (found.length === 0) return { state: 'ok', evidence: 'There are none.' };
  return {
    state: 'warn',
    evidence: `${found.length} files that were never finished.`,
    details: found.slice(0, mostNamed).map(({ path }) => path),
    fix: 'Take them out of the way; nothing refers to them.',
    repair: 'leftovers',
    command: 'agentrail doctor --repair leftovers',
  };
}

export async function checkRepairs({ dataDir }: DoctorSurroundings): Promise<CheckOutcome> {
  const repairs = await listRepairs(dataDir);
  const broken = repairs.filter(({ state }) => state === 'interrupted');
  if (broken.length === 0) return { state: 'ok', evidence: `${repairs.length} kept, none broken off.` };
  return {
    state: 'warn',
    evidence: `${broken.length} repairs were broken off in the middle.`,
    details: broken.map(({ id, name }) => `${id}  ${name}`),
    fix: 'Undo it to have back what was, or run the repair again.',
    command: `agentrail doctor --undo ${broken[0]?.id}`,
  };
}

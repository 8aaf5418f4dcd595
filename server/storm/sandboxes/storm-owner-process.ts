import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { OwnerPlan, OwnerWord } from './storm-words.ts';

/** The process that owns sandboxes, seen from outside. */
export interface StormOwner {
  readonly instanceId: string;
  /** Its sandboxes by their state, as it last said. */
  states(): Record<string, number>;
  /** Sandboxes that there are, in the pool too: those that are still on their way do not count. */
  live(): number;
  /** Notes that it said were safe. */
  readonly notes: { session: string; note: string }[];
  readonly faults: string[];
  hasEnded(): boolean;
  kill(): Promise<void>;
}

export function startStormOwner(plan: OwnerPlan): StormOwner {
  const script = path.join(import.meta.dirname, 'fixtures/storm-owner.ts');
  const child = spawn(process.execPath, [script, JSON.stringify(plan)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [notes, faults]: [StormOwner['notes'], string[]] = [[], []];
  let states: Record<string, number> = {};
  let isKilled = false;
  const closed = once(child, 'close').then(() => {
    if (!isKilled) faults.push('The owner ended by itself.');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => faults.push(`The owner said: ${text}`));
  createInterface(child.stdout).on('line', (line) => {
    let word: OwnerWord;
    try {
      word = JSON.parse(line) as OwnerWord;
    } catch {
      // The last line of one that is killed may be cut.
      return;
    }
    if ('states' in word) states = word.states;
    else if ('note' in word) notes.push(word);
    else faults.push(word.fault);
  });
  return {
    instanceId: plan.instanceId,
    states: () => states,
    live: () => Object.entries(states).reduce((sum, [state, count]) => sum + (state === 'creating' ? 0 : count), 0),
    notes,
    faults,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    async kill() {
      isKilled = true;
      child.kill('SIGKILL');
      await closed;
    },
  };
}

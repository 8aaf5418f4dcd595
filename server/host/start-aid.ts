import { join } from 'node:path';
import { readEnvironment } from '../config/env.ts';
import { resolveBoot } from '../config/resolve-boot.ts';
import { findLiveOwner } from '../data/lock.ts';
import { settleDataDir } from '../data/move/move-marks.ts';
import { stopOwner } from '../data/stop-owner.ts';
import { systemClock } from '../lib/clock.ts';
import { newestLines } from '../telemetry/log-reader.ts';
import { type AdoptedConsole, adoptConsole, askOwnerToEnd } from './adopt-console.ts';
import type { CommandLine } from './command-line.ts';
import { type Repaired, repairDataDir } from './repair-data-dir.ts';

const stopTermMs = 15_000;
const stopKillMs = 5000;

/** What can be seen and done of an install while no console could be opened on it. */
export interface StartAid {
  /** Where the data directory is, as far as can be told. */
  dataDir(): Promise<string>;
  /** The newest lines of its log, oldest first, each as one line of text; empty when there are none. Never rejects. */
  lastLogLines(count: number): Promise<string[]>;
  logsDir(): Promise<string>;
  /** The program that holds it, when it runs on this machine or another. Never rejects. */
  owner(): Promise<{ pid: number; host: string } | undefined>;
  /** Its console, shown by this program of this version. Throws as `adoptConsole`. */
  adopt(version: string): Promise<AdoptedConsole>;
  /** Ends the program that holds it: in order, then by force, within about 20 s. Throws as `stopOwner`. */
  stopOwner(): Promise<'free' | 'ended' | 'killed'>;
  /** Puts right what can be without losing anything. Resolves with what was done. */
  repair(): Promise<Repaired[]>;
}

/** Throws AppError `invalid_environment`. */
export function createStartAid(commandLine: CommandLine): StartAid {
  const named = () => resolveBoot(readEnvironment(), { cwd: process.cwd(), ...commandLine }).dataDir;
  // A move that cannot be followed is a reason not to start, and is told as that.
  const dataDir = () => settleDataDir(named()).catch(() => named());
  const logsDir = async () => join(await dataDir(), 'logs');
  return {
    dataDir,
    logsDir,
    async lastLogLines(count) {
      try {
        const lines = await newestLines(await logsDir(), count);
        return lines.map(
          ({ time, level, component, msg }) => `${new Date(time).toISOString()} ${level} ${component} ${msg}`,
        );
      } catch {
        return [];
      }
    },
    async owner() {
      const owner = await findLiveOwner(await dataDir()).catch(() => undefined);
      return owner === undefined || owner === 'unreadable' ? undefined : { pid: owner.pid, host: owner.host };
    },
    adopt: async (version) => adoptConsole(await dataDir(), { version, clock: systemClock }),
    async stopOwner() {
      const place = await dataDir();
      const askToEnd = () => askOwnerToEnd(place);
      return stopOwner(place, { clock: systemClock, termMs: stopTermMs, killMs: stopKillMs, askToEnd });
    },
    repair: async () => repairDataDir(await dataDir()),
  };
}

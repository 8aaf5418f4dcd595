import { createRandom, type Random } from '../random.ts';

/** What can be done to a served program that clients write to. */
export const chaosKinds = [
  'kill-server',
  'kill-client',
  'disk-full',
  'disk-read-only',
  'disk-slow',
  'few-files',
  'upstream-hangs',
  'upstream-lies',
  'upstream-cuts',
  'upstream-floods',
  'upstream-refuses',
  'clock-jumps',
  'postgres-killed',
  'dockerd-killed',
] as const;
export type ChaosKind = (typeof chaosKinds)[number];

/** How a round ends: the program lives on, is asked to end, or is killed. */
export type Ending = 'live' | 'stop' | 'kill';

export interface Round {
  /** From 1. */
  number: number;
  kinds: ChaosKind[];
  ending: Ending;
  /** Clients work so long while the faults last. */
  lifeMs: number;
  /** For everything else that is left to chance. */
  random: Random;
}

/** Rounds that share one data directory, so that what one leaves is met by the next. A repetition begins with the first. */
export const roundsOfEpoch = 8;

export interface EpochPlan {
  /** Number of its first round, from 1. */
  first: number;
  seed: number;
  store: 'files' | 'postgres';
  hasDocker: boolean;
}

/** The same for the same seed, whatever came before: a fault is met again by beginning at its epoch. */
export function planEpoch(seed: number, at: number, only: ChaosKind | undefined): EpochPlan {
  const random = createRandom(Math.imul(seed + 1, 0x9e3779b1) ^ at);
  const wish = random.weighted({ files: 9, postgres: 1, docker: 1 });
  return {
    first: at * roundsOfEpoch + 1,
    seed: random.below(4_294_967_296),
    store: only === 'postgres-killed' || (only === undefined && wish === 'postgres') ? 'postgres' : 'files',
    hasDocker: only === 'dockerd-killed' || (only === undefined && wish === 'docker'),
  };
}

export function planRound(
  epoch: EpochPlan,
  number: number,
  random: Random,
  only: ChaosKind | undefined,
  maxLifeMs: number,
): Round {
  const kinds = new Set<ChaosKind>();
  if (only !== undefined) kinds.add(only);
  else {
    if (epoch.store === 'postgres' && random.next() < 0.6) kinds.add('postgres-killed');
    if (epoch.hasDocker && random.next() < 0.6) kinds.add('dockerd-killed');
    const others = chaosKinds.filter((kind) => kind !== 'postgres-killed' && kind !== 'dockerd-killed');
    const count = 1 + random.below(3);
    for (let left = count; left > 0; left -= 1) kinds.add(others[random.below(others.length)] ?? 'kill-server');
  }
  const ending = kinds.has('kill-server') ? 'kill' : random.weighted({ live: 4, stop: 2, kill: 2 });
  return { number, kinds: [...kinds], ending, lifeMs: 150 + random.below(maxLifeMs), random: random.fork() };
}

import { z } from 'zod';

/**
 * Where a value was found. `session`: what is kept of a conversation. `index`: what is kept for finding sessions, made
 * anew from them. `workspace`: files that commands of a sandbox work on. `data`: anything else in the data directory.
 */
export const leakPlaceKinds = [
  ...(['log', 'session', 'index', 'workspace', 'data', 'config', 'backup', 'container'] as const),
] as const;
export type LeakPlaceKind = (typeof leakPlaceKinds)[number];

/** What can be done about a finding here. */
export const leakRemedies = [
  /** The value is taken out of the file. */
  'scrub',
  /** It belongs into the vault; the file is a person's own. */
  'move_to_vault',
  /** The archive is removed, and another made of what is there now. */
  'remake_backup',
  /** The container ends; the next one has no such value. */
  'destroy_container',
  /** A file that only a person can judge. */
  'edit_file',
] as const;
export type LeakRemedy = (typeof leakRemedies)[number];

/** Of a secret in a place. Never the value. */
export interface LeakFinding {
  id: string;
  /** Of the secret, or of the named token. */
  name: string;
  isToken: boolean;
  kind: LeakPlaceKind;
  /** Of a file: below the data directory, else absolute; of a container: its name. */
  place: string;
  /** In an archive: the file in it. In a container: what holds the value. */
  inside?: string;
  tenantId?: string;
  sessionId?: string;
  containerId?: string;
  /** How often, and where first: lines from 1, offsets in bytes from 0. */
  count: number;
  at: { line: number; offset: number; isPlain: boolean }[];
  /** The value in force; otherwise one that the vault had before. */
  isInForce: boolean;
  remedy: LeakRemedy;
  /** `scrubbed`: it is out of the place. `rotated`: a person has replaced the value at its provider. */
  state: 'open' | 'scrubbed' | 'rotated';
}

export interface LeakSweepReport {
  startedAt: number;
  endedAt: number;
  /** How many values were looked for. */
  values: number;
  /** Set, but too short to be told from ordinary text. */
  tooShort: string[];
  places: number;
  totalBytes: number;
  findings: LeakFinding[];
  /** Beyond those that are listed. */
  moreFindings: number;
  /** Could not be looked into, and why; the first hundred. */
  unread: { place: string; reason: string }[];
  unreadCount: number;
}

/** What a checklist needs to know. */
export interface LeakSweepSummary {
  sweptAt: number;
  /** Places that hold a value, and about which nothing was done. */
  findings: number;
  /** Of these, with the value in force. */
  inForce: number;
  unread: number;
}

export interface LeakSweepState {
  isRunning: boolean;
  last?: LeakSweepReport;
  summary?: LeakSweepSummary;
}

/** Steps of a search; the last event tells how it ended. A stream without one was broken off. */
export type LeakSweepProgress =
  | { type: 'step'; stage: 'look' | 'search'; done: number; total: number; unit: 'bytes'; places: number; name: string }
  | { type: 'finding'; finding: LeakFinding }
  | { type: 'done'; report: LeakSweepReport }
  | { type: 'failed'; code: string; message: string };

export type ScrubOutcome = { id: string; isDone: true } | { id: string; isDone: false; reason: string };

export type ScrubProgress =
  | { type: 'step'; done: number; total: number; unit: 'findings'; name: string }
  | { type: 'done'; outcomes: ScrubOutcome[]; report: LeakSweepReport }
  | { type: 'failed'; code: string; message: string };

const findingIds = z
  .array(z.string().regex(/^[0-9a-f]{16}$/))
  .min(1, 'Choose at least one finding.')
  .max(5000);
export const scrubSchema = z.strictObject({ ids: findingIds });
export const markFindingsSchema = z.strictObject({ ids: findingIds, state: z.enum(['open', 'rotated']) });

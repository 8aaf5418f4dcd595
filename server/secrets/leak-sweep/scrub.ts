import { lstat } from 'node:fs/promises';
import path from 'node:path';
import type { LeakFinding, ScrubOutcome } from '../../contract/leak-sweep.ts';
import { errnoOf } from '../../data/storage-error.ts';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { createLiveRedactor, createSecretMatcher } from '../redactor.ts';
import { createByteMatcher, type MatcherOptions, type Wanted } from './byte-matcher.ts';
import { type ScrubTools, scrubFile } from './scrub-file.ts';

/** Keeps everybody else out of files while they are replaced. */
export interface ScrubWorld extends MatcherOptions {
  dataDir: string;
  values(): Wanted[];
  /** Calls `work` while nobody is at the session's files; false when a run is. Absent: sessions are no files here. */
  whileIdle?(tenantId: string, sessionId: string, work: () => Promise<void>): Promise<boolean>;
  /** What is kept for finding a tenant's sessions is made anew from their files. */
  renewIndex(tenantId: string): Promise<void>;
  /** Calls `work` while the log is not written. */
  whileLogClosed(work: () => Promise<void>): Promise<void>;
}

export interface ScrubHow {
  onStep(done: number, total: number, name: string): void;
  /** Called as soon as one is out of its place. */
  onDone(ids: string[]): Promise<void>;
  signal: AbortSignal;
}

/** Takes values out of the files of these findings, one file after the other. What cannot be done is told. Throws the signal's reason. */
export async function scrub(
  findings: readonly LeakFinding[],
  world: ScrubWorld,
  { onStep, onDone, signal }: ScrubHow,
): Promise<ScrubOutcome[]> {
  const tools = toolsFor(world);
  const outcomes: ScrubOutcome[] = [];
  const renewing = new Map<string, LeakFinding[]>();
  const files = [...Map.groupBy(findings, ({ place }) => place).values()];
  for (const group of files) {
    signal.throwIfAborted();
    const [first] = group;
    if (!first) continue;
    onStep(outcomes.length, findings.length, first.place);
    if (first.kind === 'index') {
      const tenantId = first.tenantId ?? '';
      renewing.set(tenantId, [...(renewing.get(tenantId) ?? []), ...group]);
      continue;
    }
    const reason = await scrubPlace(first);
    if (reason === undefined && first.kind === 'session' && first.tenantId !== undefined)
      renewing.set(first.tenantId, renewing.get(first.tenantId) ?? []);
    await settle(group, reason);
  }
  for (const [tenantId, group] of renewing) {
    const reason = await world.renewIndex(tenantId).then(() => undefined, messageOf);
    await settle(group, reason);
  }
  onStep(findings.length, findings.length, '');
  return outcomes;

  async function settle(group: readonly LeakFinding[], reason: string | undefined): Promise<void> {
    for (const { id } of group)
      outcomes.push(reason === undefined ? { id, isDone: true } : { id, isDone: false, reason });
    if (reason === undefined && group.length > 0) await onDone(group.map(({ id }) => id));
  }

  /** Undefined when it is clean now, else why it is not. */
  async function scrubPlace({ kind, place, tenantId, sessionId, remedy }: LeakFinding): Promise<string | undefined> {
    if (remedy !== 'scrub')
      return (await isGone(path.resolve(world.dataDir, place), kind)) ? undefined : refusals[remedy];
    const file = path.resolve(world.dataDir, place);
    if (path.relative(world.dataDir, file) !== place.replaceAll('/', path.sep))
      return 'The place is outside of the data directory.';
    let outcome: 'clean' | 'still_found' = 'still_found';
    const work = async () => {
      outcome = await scrubFile(file, tools);
    };
    try {
      if (kind === 'log') await world.whileLogClosed(work);
      else if (kind !== 'session' || tenantId === undefined || sessionId === undefined) return refusals.edit_file;
      else if (!world.whileIdle) return 'The sessions of this server lie in a database. Delete the session instead.';
      else if (!(await world.whileIdle(tenantId, sessionId, work)))
        return 'A run is going on in the session. Try again when it has ended.';
    } catch (error) {
      if (error instanceof AppError && error.code === 'file_gone') return undefined;
      return messageOf(error);
    }
    return (outcome as 'clean' | 'still_found') === 'clean'
      ? undefined
      : 'It is still found: it stands there in a way that cannot be taken out without damage. Delete the session or file instead.';
  }
}

/** What a person has removed meanwhile needs nothing more. */
async function isGone(file: string, kind: LeakFinding['kind']): Promise<boolean> {
  if (kind === 'container') return false;
  return lstat(file).then(
    () => false,
    (error: unknown) => errnoOf(error) === 'ENOENT',
  );
}

const refusals = {
  move_to_vault: 'Settings are a person’s own file. Move the value to the vault and take it out there.',
  remake_backup: 'An archive is not changed. Remove it and make another one.',
  destroy_container: 'A container keeps what it was started with. Destroy it.',
  edit_file: 'This file is not changed from here. Edit or delete it.',
};

function toolsFor(world: ScrubWorld): ScrubTools {
  const values = world.values();
  const matcher = createByteMatcher(values, world);
  const patterns = createSecretMatcher(values);
  const redactor = createLiveRedactor(() => patterns);
  const { tokenName } = world;
  return {
    matcher,
    redact(text) {
      const clean = redactor.redact(text);
      if (!tokenName) return clean;
      return clean.replaceAll(/art_[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/g, (token) =>
        tokenName(token) === undefined ? token : '[redacted API token]',
      );
    },
  };
}

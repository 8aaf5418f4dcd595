import { setImmediate as otherWork } from 'node:timers/promises';
import { errnoOf } from '../../data/storage-error.ts';
import { readTexts, type TextBatch } from './message-texts.ts';
import { textsPerSession } from './schema.ts';
import type { SessionFinder } from './session-finder.ts';
import type { BehindSession, Tables } from './tables.ts';

/** About what the index takes in a few milliseconds. */
const batchChars = 20_000;
const sessionsPerRound = 64;
const readersAtOnce = 8;
const textsPerPurge = 200;

export interface FillOptions {
  tables: Tables;
  finder: SessionFinder;
  signal: AbortSignal;
  transaction(work: () => void): void;
  /** Called once what was removed is out of the tables. */
  scrub(): void;
}

type Piece = TextBatch & { session: BehindSession };

/** Takes in the texts that are behind, latest sessions first, and lets go of those of removed sessions. */
export async function fillTexts(options: FillOptions): Promise<void> {
  const { tables, signal } = options;
  while (!signal.aborted) {
    const behind = tables.behind(sessionsPerRound);
    if (behind.length === 0) break;
    await fillRound(options, behind);
  }
  let hasPurged = false;
  while (!signal.aborted) {
    const no = tables.nextPurge();
    if (no === undefined) break;
    await purge(options, no, 0);
    if (!signal.aborted) tables.purged(no);
    hasPurged = true;
  }
  if (hasPurged && !signal.aborted) options.scrub();
}

async function fillRound(options: FillOptions, behind: BehindSession[]): Promise<void> {
  const { tables, finder, signal } = options;
  let pieces: Piece[] = [];
  let chars = 0;

  async function putIn(): Promise<void> {
    // Rising numbers are what the full-text index takes fastest.
    pieces.sort((a, b) => a.session.no - b.session.no);
    if (!signal.aborted) {
      options.transaction(() => {
        for (const piece of pieces.filter(advance)) put(piece);
      });
    }
    pieces = [];
    chars = 0;
    await otherWork();
  }

  /** False for a history that was removed or rewritten while it was read: a later round begins anew. */
  function advance({ session, readBytes, isEnd }: Piece): boolean {
    const { no, from, to } = session;
    if (!tables.advance({ no, from, to, readBytes, isEnd })) return false;
    session.from = readBytes;
    return true;
  }

  function put({ session: { no }, texts }: Piece): void {
    let id = tables.lastTextOf(no);
    for (const { role, at, text } of texts) {
      id += 1;
      if (id < (no + 1) * textsPerSession) tables.putText({ id, role, at, text });
    }
  }

  /** Once per session that begins anew. */
  async function startOver(session: BehindSession): Promise<void> {
    const { no } = session;
    if (tables.lastTextOf(no) > no * textsPerSession) await purge(options, no, 1);
    if (session.from < 0 && !signal.aborted) tables.restart(no);
    session.from = 0;
  }

  async function readNext(): Promise<void> {
    for (let session = behind.shift(); session !== undefined && !signal.aborted; session = behind.shift()) {
      if (session.from <= 0) await startOver(session);
      for await (const batch of batchesOf(session)) {
        if (signal.aborted) return;
        pieces.push({ session, ...batch });
        chars += batch.texts.reduce((sum, { text }) => sum + text.length, 0);
        if (chars >= batchChars) await putIn();
      }
    }
  }

  await Promise.all(Array.from({ length: readersAtOnce }, readNext));
  await putIn();

  /** A history that cannot be read has no texts, and does not keep the others out. */
  async function* batchesOf(session: BehindSession): AsyncGenerator<TextBatch> {
    const { from, to } = session;
    try {
      yield* readTexts(finder.layout(session.id), { from, to }, batchChars);
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      yield { texts: [], readBytes: to, isEnd: true };
    }
  }
}

/** Removes the texts of a session from number `from` on. */
async function purge(
  { tables, signal, transaction }: Pick<FillOptions, 'tables' | 'signal' | 'transaction'>,
  no: number,
  from: number,
): Promise<void> {
  for (let hasMore = true; hasMore && !signal.aborted; ) {
    transaction(() => {
      hasMore = tables.purgeTexts(no, from, textsPerPurge);
    });
    if (hasMore) await otherWork();
  }
}

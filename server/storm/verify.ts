import type { HistoryEntry, SessionListing, SessionRow } from '../contract/sessions.ts';
import { firstMissing, idIn, type SessionBook } from './book.ts';
import { askForFork, ownerOf, pathOf } from './client.ts';
import { entryName, faultOf } from './conversation.ts';
import { send } from './http.ts';

/** Compares what was acknowledged with what the server that came up again shows. Adds a sentence per fault. */
export async function verifyBook(base: string, book: SessionBook, faults: string[]): Promise<void> {
  const { key } = book;
  const say = (words: string): unknown => faults.push(`${key.tenantId}/${key.sessionId} (${book.presence}): ${words}`);
  const { status, body: row } = await send<SessionRow>(base, 'GET', pathOf(book));
  if (status !== 200 && status !== 404) return void say(`GET was answered with ${status}`);
  const isThere = status === 200;
  if (book.presence === 'deleted') {
    if (isThere) say('came back after it was deleted');
    return;
  }
  if (!isThere) {
    if (book.presence === 'live') say('is gone');
    else if (book.presence === 'forking') await forkAgain(base, book, say);
    else book.presence = 'deleted';
    return;
  }
  book.presence = 'live';
  verifyRow(row, book, say);
  const { entries, skippedLines, archiveIds } = await readWhole(base, book);
  // A kill may leave one half line at the end, which the next append cuts.
  if (skippedLines > 1) say(`${skippedLines} lines cannot be read`);
  verifyEntries(entries, book, say);
  for (const id of book.archives) if (!archiveIds.includes(id)) say(`archive ${id} is not in its history`);
}

/** It was not answered, so it may be missing; but then the same request has to work now. */
async function forkAgain(base: string, book: SessionBook, say: (words: string) => unknown): Promise<void> {
  if (book.source?.presence !== 'live') {
    book.presence = 'deleted';
    return;
  }
  try {
    // The source may hold more by now than when the fork was asked for.
    book.sent = new Set(book.source.sent);
    await askForFork(base, book);
  } catch (error) {
    say(`cannot be forked again: ${String(error)}`);
    book.presence = 'deleted';
  }
}

function verifyRow(row: SessionRow, book: SessionBook, say: (words: string) => unknown): void {
  if (row.turns < book.turns) say(`${book.turns} turns were acknowledged, ${row.turns} are counted`);
  const isPending = book.pendingTitles.has(row.title);
  if (book.title !== undefined && row.title !== book.title && !isPending)
    say(`title "${row.title}" is not "${book.title}"`);
  if (isPending) book.title = row.title;
  book.pendingTitles.clear();
}

function verifyEntries(entries: readonly HistoryEntry[], book: SessionBook, say: (words: string) => unknown): void {
  const names = entries.flatMap((entry) => entryName(entry) ?? []);
  const missing = firstMissing(book.acknowledged, names);
  if (missing !== undefined)
    say(
      `"${missing}" was acknowledged and is ${names.includes(missing) ? 'elsewhere' : 'gone'}; acknowledged: ${book.acknowledged.join(', ')}; there: ${names.join(', ')}`,
    );
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) say(`"${twice}" is there twice`);
  const alien = names.find((name) => !book.sent.has(idIn(name)));
  if (alien !== undefined) say(`"${alien}" was never said here`);
  for (const entry of entries) {
    const fault = faultOf(entry);
    if (fault !== undefined) say(fault);
  }
  const orphan = orphanIn(entries);
  if (orphan !== undefined) say(`the result of ${orphan} stands without its call`);
}

function orphanIn(entries: readonly HistoryEntry[]): string | undefined {
  let calls = new Set<string>();
  for (const entry of entries) {
    if (!('role' in entry)) continue;
    if (entry.role === 'toolResult') {
      if (!calls.has(entry.toolCallId)) return entry.toolCallId;
    } else if (entry.role === 'assistant') {
      calls = new Set(entry.content.flatMap((block) => (block.type === 'toolCall' ? block.id : [])));
    } else calls = new Set();
  }
  return undefined;
}

interface Page {
  messages: HistoryEntry[];
  skippedLines: number;
}

/** The messages with every archive in the place of its marker. */
async function readWhole(base: string, book: SessionBook) {
  const owner = ownerOf(book.key);
  const at = `/api/sessions/${book.key.sessionId}`;
  let { messages: entries, skippedLines } = (await send<Page>(base, 'GET', `${at}/messages?${owner}`)).body;
  const archiveIds: string[] = [];
  for (let first = entries[0]; first !== undefined && 'archiveId' in first; first = entries[0]) {
    archiveIds.push(first.archiveId);
    const path = `${at}/compacted-messages?${owner}&archiveId=${first.archiveId}`;
    const { status, body } = await send<Page>(base, 'GET', path);
    if (status !== 200) break;
    entries = [...body.messages, ...entries.slice(1)];
    skippedLines += body.skippedLines;
  }
  return { entries, skippedLines, archiveIds };
}

/** Every session that has to be there is listed exactly once, and none that was deleted. */
export async function verifyList(base: string, books: readonly SessionBook[], faults: string[]): Promise<void> {
  const listed: string[] = [];
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({ limit: '200', ...(cursor !== undefined && { cursor }) }).toString();
    const { body } = await send<SessionListing>(base, 'GET', `/api/sessions?${query}`);
    listed.push(...body.sessions.map(placeOf));
    cursor = body.nextCursor;
  } while (cursor !== undefined);
  const times = (place: string): number => listed.filter((other) => other === place).length;
  for (const { key, presence } of books) {
    const wanted = presence === 'live' ? 1 : 0;
    if (times(placeOf(key)) !== wanted)
      faults.push(`${placeOf(key)} (${presence}) is listed ${times(placeOf(key))} times`);
  }
  if (listed.length > books.filter(({ presence }) => presence === 'live').length) {
    const known = new Set(books.map(({ key }) => placeOf(key)));
    faults.push(`sessions are listed that nobody made: ${listed.filter((place) => !known.has(place)).join(', ')}`);
  }
}

function placeOf({ tenantId, sessionId }: { tenantId: string; sessionId: string }): string {
  return `${tenantId}/${sessionId}`;
}

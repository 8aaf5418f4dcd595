import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { LeakFinding, LeakSweepProgress, LeakSweepReport } from '../../contract/leak-sweep.ts';
import { readArchive } from '../../data/backup/read-archive.ts';
import { errnoOf } from '../../data/storage-error.ts';
import { messageOf } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { createByteMatcher, type MatcherOptions, type Wanted } from './byte-matcher.ts';
import { collectHits, type FoundIn, mostFindings, withDecisions } from './findings.ts';
import { type FilePlace, filePlaces } from './places.ts';

const blockBytes = 256 * 1024;
const mostUnread = 100;

/** What a container shows to whoever may look at it. */
export interface ContainerTexts {
  containerId: string;
  name: string;
  tenantId?: string;
  sessionId?: string;
  /** What holds each text: the name of a variable, for instance. */
  texts: { inside: string; text: string }[];
}

/** A conversation that lies in no file here. */
export interface RemoteSession {
  tenantId: string;
  sessionId: string;
  text(): Promise<AsyncIterable<string | Uint8Array>>;
}

export interface SweepWorld extends MatcherOptions {
  dataDir: string;
  clock: Clock;
  values(): Wanted[];
  /** Absolute. */
  configFiles(): string[];
  /** Absolute. */
  archives(): Promise<string[]>;
  /** Ours by label. Absent: there is no engine; throws when it cannot be asked. */
  containers?(): Promise<ContainerTexts[]>;
  /** Absent: all sessions are files. */
  remoteSessions?(): AsyncIterable<RemoteSession>;
}

export interface SweepHow {
  emit(progress: LeakSweepProgress): void;
  signal: AbortSignal;
  /** The search before this one. */
  before: LeakSweepReport | undefined;
}

/** Looks through everything, changes nothing. Throws the signal's reason, and AppError `storage_unavailable`. */
export async function sweep(world: SweepWorld, { emit, signal, before }: SweepHow): Promise<LeakSweepReport> {
  const { clock } = world;
  const startedAt = clock.now();
  const values = world.values();
  const matcher = createByteMatcher(values, world);
  const findings: LeakFinding[] = [];
  const unread: LeakSweepReport['unread'] = [];
  const count = { places: 0, doneBytes: 0, totalBytes: 0, more: 0, unread: 0 };

  const where = {
    ...{ dataDir: world.dataDir, configFiles: world.configFiles(), archives: await world.archives() },
    ...{ signal, onUnread: noteUnread },
  };
  const quietly = { ...where, onUnread: () => undefined };
  for await (const { sizeBytes, place } of filePlaces(quietly)) {
    count.totalBytes += sizeBytes;
    tell('look', place);
  }
  for await (const place of filePlaces(where)) {
    signal.throwIfAborted();
    const startBytes = count.doneBytes;
    await searchFile(place).catch((error: unknown) => {
      signal.throwIfAborted();
      if (errnoOf(error) !== 'ENOENT') noteUnread(place.place, reasonOf(error));
    });
    count.places += 1;
    // Of what shrank or could not be read, too: the total counts it.
    count.doneBytes = Math.max(count.doneBytes, startBytes + place.sizeBytes);
    tell('search', place.place);
  }
  await searchRemoteSessions();
  await searchContainers();

  return {
    ...{ startedAt, endedAt: clock.now(), values: new Set(values.map(({ value }) => value)).size },
    ...{ tooShort: matcher.tooShort, places: count.places, totalBytes: count.doneBytes },
    ...{ findings, moreFindings: count.more, unread, unreadCount: count.unread },
  };

  async function searchFile(place: FilePlace): Promise<void> {
    const { kind, file, sizeBytes: _, ...rest } = place;
    if (kind === 'backup') return searchArchive(file, { kind, ...rest });
    const { scanner, hits } = startPlace({ kind, ...rest });
    // Not through a link that was put there meanwhile, and not waiting for whoever writes into a pipe.
    await using handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const block = Buffer.allocUnsafe(blockBytes);
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await handle.read(block, 0, block.length, null);
      if (bytesRead === 0) break;
      hits.add(scanner.push(block.subarray(0, bytesRead)));
      count.doneBytes += bytesRead;
      tell('search', place.place);
    }
    hits.add(scanner.end());
    keep(hits.all());
  }

  async function searchArchive(file: string, found: FoundIn): Promise<void> {
    const startBytes = count.doneBytes;
    await readArchive(file, {
      signal,
      onStep({ done }) {
        count.doneBytes = startBytes + done;
        tell('search', found.place);
      },
      sink: {
        async begin(parts) {
          const { scanner, hits } = startPlace({ ...found, inside: parts.join('/') });
          return {
            async write(chunk) {
              for (let at = 0; at < chunk.length; at += blockBytes) {
                hits.add(scanner.push(chunk.subarray(at, at + blockBytes)));
              }
            },
            async end() {
              hits.add(scanner.end());
              keep(hits.all());
            },
          };
        },
      },
    });
  }

  async function searchContainers(): Promise<void> {
    if (!world.containers) return;
    try {
      for (const { texts, name, ...rest } of await world.containers()) {
        signal.throwIfAborted();
        for (const { inside, text } of texts) searchText({ kind: 'container', place: name, inside, ...rest }, text);
        count.places += 1;
        tell('search', name);
      }
    } catch (error) {
      signal.throwIfAborted();
      noteUnread('containers', messageOf(error));
    }
  }

  async function searchRemoteSessions(): Promise<void> {
    if (!world.remoteSessions) return;
    try {
      for await (const { tenantId, sessionId, text } of world.remoteSessions()) {
        const { scanner, hits } = startPlace({
          kind: 'session',
          place: `${tenantId}/${sessionId}`,
          tenantId,
          sessionId,
        });
        for await (const piece of await text()) {
          signal.throwIfAborted();
          hits.add(scanner.push(typeof piece === 'string' ? Buffer.from(piece) : piece));
        }
        hits.add(scanner.end());
        count.places += 1;
        // There is no file to be rewritten.
        keep(hits.all().map((finding) => ({ ...finding, remedy: 'edit_file' })));
        tell('search', sessionId);
      }
    } catch (error) {
      signal.throwIfAborted();
      noteUnread('sessions', messageOf(error));
    }
  }

  function searchText(found: FoundIn, text: string): void {
    const { scanner, hits } = startPlace(found);
    hits.add(scanner.push(Buffer.from(text)));
    hits.add(scanner.end());
    keep(hits.all());
  }

  function startPlace(found: FoundIn) {
    return { scanner: matcher.scanner(), hits: collectHits(found) };
  }

  function keep(found: LeakFinding[]): void {
    for (const each of found) {
      if (findings.length >= mostFindings) {
        count.more += 1;
        continue;
      }
      const finding = withDecisions(each, before);
      findings.push(finding);
      emit({ type: 'finding', finding });
    }
  }

  function noteUnread(place: string, reason: string): void {
    count.unread += 1;
    if (unread.length < mostUnread) unread.push({ place, reason });
  }

  function tell(stage: 'look' | 'search', name: string): void {
    const total = Math.max(count.totalBytes, count.doneBytes);
    emit({ type: 'step', stage, done: count.doneBytes, total, unit: 'bytes', places: count.places, name });
  }
}

function reasonOf(error: unknown): string {
  return errnoOf(error) ?? messageOf(error);
}

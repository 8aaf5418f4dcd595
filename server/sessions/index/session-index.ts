import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { SessionSummary } from '../../contract/chat.ts';
import { idPattern } from '../../contract/ids.ts';
import type { IndexProgress, SessionListing, SessionRow, TenantSize, TenantTotals } from '../../contract/sessions.ts';
import { messageOf } from '../../lib/app-error.ts';
import { newestFirst, parseCursor, toCursor } from '../session-cursor.ts';
import type { SessionQuery } from '../store.ts';
import type { SessionWrite } from './index-copy.ts';
import { removeIndexFiles } from './index-file.ts';
import { listPage, type PagePart, searchPage } from './search.ts';
import { parseSearch } from './search-words.ts';
import { createSessionFinder, namesIn, type SessionFinderOptions } from './session-finder.ts';
import { createTenantIndex, type TenantIndex } from './tenant-index.ts';

export type { SessionWrite } from './index-copy.ts';

const noTotals: TenantTotals = { sessions: 0, turns: 0, sizeBytes: 0, totalTokens: 0, cost: 0 };

/**
 * Lists and searches sessions without reading histories: per tenant, a database beside the session files, made from
 * them when it is not there and then kept by writes.
 */
export interface SessionIndex {
  list(query: SessionQuery): Promise<SessionListing>;
  /** Never waits; undefined while the session is not in the index. */
  row(tenantId: string, sessionId: string): Promise<SessionRow | undefined>;
  totals(tenantId: string): Promise<TenantTotals>;
  /** Of every tenant that has sessions, largest first. */
  allTotals(): Promise<TenantSize[]>;
  write(summary: SessionSummary, write: SessionWrite): void;
  remove(tenantId: string, sessionId: string): void;
  /** messages.jsonl was replaced by one of `bytes` bytes that holds nothing new; `file` is its number. */
  rewritten(tenantId: string, sessionId: string, bytes: number, file: number): void;
  /** Everything is looked at again on the next use: the files may have changed behind our back. */
  clear(): void;
  /** The same for one tenant. */
  refresh(tenantId: string): Promise<void>;
  /** Leaves nothing of removed sessions in the index; no index at all when there are none left. */
  scrub(tenantId: string): Promise<void>;
  close(): Promise<void>;
}

export type SessionIndexOptions = Omit<SessionFinderOptions, 'tenantId'>;

export function createSessionIndex(options: SessionIndexOptions): SessionIndex {
  const { layout, base, logger } = options;
  const tenants = new Map<string, TenantIndex>();
  const closings = new Set<Promise<void>>();

  function tenantOf(tenantId: string): TenantIndex {
    const known = tenants.get(tenantId);
    if (known !== undefined) return known;
    const made = createTenantIndex({
      tenantId,
      file: path.join(layout.tenantDir(tenantId), 'index.sqlite'),
      finder: createSessionFinder({ ...options, tenantId }),
      logger,
    });
    tenants.set(tenantId, made);
    return made;
  }

  /** Undefined when nothing was ever kept of this tenant, so that asking for one does not make it. */
  async function presentTenant(tenantId: string): Promise<TenantIndex | undefined> {
    return (await isThere(base(), layout.sessionsDir(tenantId))) ? tenantOf(tenantId) : undefined;
  }

  async function allTenants(): Promise<string[]> {
    return (await namesIn(base(), layout.tenantsDir)).filter((name) => idPattern.test(name));
  }

  async function list(query: SessionQuery): Promise<SessionListing> {
    const cursor = query.cursor === undefined ? undefined : parseCursor(query.cursor);
    const words = query.text === undefined ? undefined : parseSearch(query.text);
    const tenantIds = query.tenantId === undefined ? await allTenants() : [query.tenantId];
    let isIncomplete = false;
    let indexing: IndexProgress | undefined;

    async function partOf(tenantId: string): Promise<PagePart> {
      const tenant = await presentTenant(tenantId);
      if (tenant === undefined) return { rows: [] };
      const filter = { ...query, after: cursor === undefined ? undefined : placeIn(tenantId, cursor) };
      const progress = query.isPartialWelcome ? await tenant.indexing() : undefined;
      if (progress !== undefined) {
        indexing = { done: progress.done + (indexing?.done ?? 0), total: progress.total + (indexing?.total ?? 0) };
        return tenant.askNow((tables) =>
          words === undefined ? listPage(tables, filter) : searchPage(tables, words, filter),
        );
      }
      if (words === undefined) return tenant.ask((tables) => listPage(tables, filter));
      const found = await tenant.search((tables) => searchPage(tables, words, filter));
      isIncomplete ||= found.isIncomplete;
      return found.answer;
    }

    const page = mergeParts(await Promise.all(tenantIds.map(partOf)), query.limit);
    if (indexing !== undefined) return { ...page, ...goesOn(page, query.cursor), isIncomplete: true, indexing };
    return isIncomplete ? { ...page, isIncomplete } : page;
  }

  function close(tenant: TenantIndex, inOrder: boolean): void {
    const closing: Promise<void> = tenant
      .close(inOrder)
      .catch((error: unknown) => logger.debug('session index not closed', { reason: messageOf(error) }))
      .finally(() => closings.delete(closing));
    closings.add(closing);
  }

  function closeAll(inOrder: boolean): void {
    for (const tenant of tenants.values()) close(tenant, inOrder);
    tenants.clear();
  }

  async function totals(tenantId: string): Promise<TenantTotals> {
    return (await presentTenant(tenantId))?.ask((tables) => tables.totals()) ?? { ...noTotals };
  }

  async function refresh(tenantId: string): Promise<void> {
    const tenant = tenants.get(tenantId);
    if (tenant === undefined) return;
    // What was written waits no longer; the files tell the rest.
    tenant.peek(() => undefined);
    tenants.delete(tenantId);
    close(tenant, false);
    await Promise.all(closings);
  }

  return {
    list,
    totals,
    refresh,
    async allTotals() {
      const found = await Promise.all(
        (await allTenants()).map(async (tenantId) => ({ tenantId, ...(await totals(tenantId)) })),
      );
      return found.filter(({ sessions }) => sessions > 0).toSorted((a, b) => b.sizeBytes - a.sizeBytes);
    },
    async scrub(tenantId) {
      if ((await totals(tenantId)).sessions > 0) return await tenants.get(tenantId)?.renew();
      await refresh(tenantId);
      removeIndexFiles(path.join(layout.tenantDir(tenantId), 'index.sqlite'));
    },
    row: async (tenantId, sessionId) => (await presentTenant(tenantId))?.peek((tables) => tables.get(sessionId)),
    write: (summary, write) => tenantOf(summary.tenantId).write(summary, write),
    remove: (tenantId, sessionId) => tenants.get(tenantId)?.remove(sessionId),
    rewritten: (tenantId, sessionId, bytes, file) => tenantOf(tenantId).rewritten(sessionId, bytes, file),
    clear: () => closeAll(false),
    async close() {
      closeAll(true);
      await Promise.all(closings);
    },
  };
}

/** Where a list goes on whose end is not known yet: behind its last row, or where it was asked from. */
function goesOn({ sessions, nextCursor }: SessionListing, cursor: string | undefined): { nextCursor?: string } {
  const last = sessions.at(-1);
  const next = nextCursor ?? (last === undefined ? cursor : toCursor(last));
  return next === undefined ? {} : { nextCursor: next };
}

type Cursor = ReturnType<typeof parseCursor>;

/**
 * Where a tenant's own list goes on after a cursor that may stand in another tenant's: between equal times and ids the
 * tenant decides, so the place is just before or just after this tenant's session of that id.
 */
function placeIn(tenantId: string, [lastActiveAt, cursorTenant, sessionId]: Cursor) {
  const isPassed =
    newestFirst({ lastActiveAt, tenantId, sessionId }, { lastActiveAt, tenantId: cursorTenant, sessionId }) <= 0;
  // No id sorts between an id and itself with a character less than all that ids may hold.
  return { lastActiveAt, sessionId: isPassed ? sessionId : `${sessionId} ` };
}

/** One page of the parts of all tenants. Nothing behind a place that a tenant has not looked at yet may be shown. */
function mergeParts(parts: PagePart[], limit: number): SessionListing {
  const edges = parts.flatMap(({ scannedTo }) => scannedTo ?? []).sort(newestFirst);
  const edge = edges[0];
  const rows = parts
    .flatMap((part) => part.rows)
    .filter((row) => edge === undefined || newestFirst(row, edge) <= 0)
    .sort(newestFirst);
  const sessions = rows.slice(0, limit);
  const last = sessions.at(-1);
  if (rows.length > limit && last !== undefined) return { sessions, nextCursor: toCursor(last) };
  return edge === undefined ? { sessions } : { sessions, nextCursor: toCursor(edge) };
}

async function isThere(base: string, folder: string): Promise<boolean> {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found !== undefined) return found.isDirectory();
  await stat(base);
  return false;
}

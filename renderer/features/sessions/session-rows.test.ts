import { describe, expect, it } from 'vitest';
import type { SessionRow } from '../../../server/contract/sessions.ts';
import { appendListing, fromListing, keyOf, noRows, renewFirst, withoutRows, withTitle } from './session-rows.ts';

const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, totalTokens: 0, cost: 0 };

function row(sessionId: string, lastActiveAt: number, title = sessionId): SessionRow {
  return {
    ...{ sessionId, tenantId: 'default', userId: 'default', agentId: 'default' },
    ...{ title, turns: 1, usage, createdAt: 0, lastActiveAt },
  };
}

const ids = ({ rows }: { rows: readonly SessionRow[] }) => rows.map(({ sessionId }) => sessionId);

describe('known rows of the session list', () => {
  const known = fromListing({ sessions: [row('d', 4), row('c', 3), row('b', 2), row('a', 1)], nextCursor: 'behind-a' });

  it('grow by the next page, without a session twice', () => {
    const grown = appendListing(known, { sessions: [row('a', 1), row('z', 0)] });
    expect(ids(grown)).toEqual(['d', 'c', 'b', 'a', 'z']);
    expect(grown.nextCursor).toBeUndefined();
  });

  it('grow by a session of another tenant that has the same id', () => {
    const grown = appendListing(known, { sessions: [{ ...row('a', 1), tenantId: 'acme' }] });
    expect(ids(grown)).toEqual(['d', 'c', 'b', 'a', 'a']);
  });

  it('say how far the index is until it is made', () => {
    const first = fromListing({ sessions: [row('d', 4)], nextCursor: 'n', indexing: { done: 1, total: 4 } });
    expect(first.indexing).toEqual({ done: 1, total: 4 });
    expect(renewFirst(first, { sessions: [row('d', 4), row('c', 3)] }).indexing).toBeUndefined();
  });

  it('move a session up that became active, and keep what is below the renewed page', () => {
    const renewed = renewFirst(known, { sessions: [row('b', 9), row('d', 4)], nextCursor: 'behind-d' });
    expect(ids(renewed)).toEqual(['b', 'd', 'c', 'a']);
    expect(renewed.nextCursor).toBe('behind-a');
  });

  it('lose a session that the renewed page no longer has where it would stand', () => {
    expect(ids(renewFirst(known, { sessions: [row('d', 4), row('b', 2)], nextCursor: 'x' }))).toEqual(['d', 'b', 'a']);
  });

  it('are the renewed page alone when that is the whole list or reaches below everything known', () => {
    expect(ids(renewFirst(known, { sessions: [row('d', 4)] }))).toEqual(['d']);
    const first = renewFirst(noRows, { sessions: [row('d', 4)], nextCursor: 'behind-d' });
    expect([ids(first), first.nextCursor]).toEqual([['d'], 'behind-d']);
  });

  it('order equal times by id, as the server does', () => {
    const equal = fromListing({ sessions: [row('b', 1), row('a', 1)], nextCursor: 'n' });
    expect(ids(renewFirst(equal, { sessions: [row('b', 1)], nextCursor: 'm' }))).toEqual(['b', 'a']);
    expect(ids(renewFirst(equal, { sessions: [row('a', 1)], nextCursor: 'm' }))).toEqual(['a']);
  });

  it('lose what was deleted and take a new title', () => {
    expect(ids(withoutRows(known, new Set([keyOf(row('c', 3))])))).toEqual(['d', 'b', 'a']);
    expect(withTitle(known, keyOf(row('b', 2)), 'New').rows[2]?.title).toBe('New');
  });
});

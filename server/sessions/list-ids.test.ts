import { expect, it } from 'vitest';
import type { SessionListing } from '../contract/sessions.ts';
import { listIds } from './list-ids.ts';
import type { SessionQuery } from './store.ts';

it('gathers the ids of all pages of a tenant, also behind an empty one', async () => {
  const pages = [['ses_1', 'ses_2'], [], ['ses_3']];
  const asked: SessionQuery[] = [];
  const list = async (query: SessionQuery) => {
    asked.push(query);
    const at = Number(query.cursor ?? 0);
    const sessions = (pages[at] ?? []).map((sessionId) => ({ sessionId }));
    return { sessions, ...(at < 2 && { nextCursor: String(at + 1) }) } as SessionListing;
  };
  expect([...(await listIds({ list }, 'acme'))]).toEqual(['ses_1', 'ses_2', 'ses_3']);
  expect(asked.map(({ tenantId, cursor }) => [tenantId, cursor])).toEqual([
    ['acme', undefined],
    ['acme', '1'],
    ['acme', '2'],
  ]);
});

import type { TenantSize, TenantTotals } from '../../contract/sessions.ts';
import type { Queries } from './database.ts';
import { plain } from './session-rows.ts';

const sums = `coalesce(sum(sessions), 0)::bigint AS sessions, coalesce(sum(turns), 0)::bigint AS turns,
  coalesce(sum(size_bytes), 0)::bigint AS "sizeBytes", coalesce(sum(total_tokens), 0)::bigint AS "totalTokens",
  coalesce(sum(cost), 0)::double precision AS cost`;

/** Costs the same however many sessions there are. */
export async function totals({ rows }: Queries, tenantId: string): Promise<TenantTotals> {
  const [found] = await rows<TenantTotals>(`SELECT ${sums} FROM agentrail.totals WHERE tenant_id = $1`, [
    plain(tenantId),
  ]);
  return found ?? { sessions: 0, turns: 0, sizeBytes: 0, totalTokens: 0, cost: 0 };
}

/** Largest first. */
export function allTotals({ rows }: Queries): Promise<TenantSize[]> {
  return rows<TenantSize>(
    `SELECT tenant_id AS "tenantId", ${sums} FROM agentrail.totals GROUP BY tenant_id
      ORDER BY sum(size_bytes) DESC, tenant_id`,
  );
}

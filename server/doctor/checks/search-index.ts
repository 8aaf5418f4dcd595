import { stat } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createDataLayout } from '../../data/layout.ts';
import { namesOfTenants } from '../../data/tenant-names.ts';
import { messageOf } from '../../lib/app-error.ts';
import type { CheckOutcome } from '../run-checks.ts';
import type { DoctorSurroundings } from '../surroundings.ts';

/** The search index is made from the sessions, so damage costs time and no data. */
export async function checkIndex(at: DoctorSurroundings): Promise<CheckOutcome> {
  const { dataDir, listed, ownership, databaseUrl } = at;
  if (databaseUrl() !== undefined) return { state: 'not_applicable', evidence: 'Sessions lie in PostgreSQL.' };
  const tenants = await namesOfTenants(dataDir);
  const details: string[] = [];
  const { state } = await ownership();
  if (state === 'held' || state === 'elsewhere')
    return { state: 'not_applicable', evidence: 'Another program uses it; its own console looks at it.' };
  const broken: string[] = [];
  for (const tenantId of tenants) {
    const verdict = listed ? await isAnswering(listed, tenantId) : await quickCheck(dataDir, tenantId);
    if (verdict !== undefined) {
      broken.push(tenantId);
      details.push(`${tenantId}: ${verdict}`);
    }
  }
  if (broken.length === 0)
    return { state: 'ok', evidence: `${tenants.length} tenants have one that is whole, or none yet.` };
  return {
    state: 'warn',
    evidence: `The search index of ${broken.length} tenants is damaged.`,
    details,
    fix: 'Make it anew from the sessions; nothing of them is touched.',
    repair: 'index',
    command: 'agentrail doctor --repair index',
  };
}

async function isAnswering(
  listed: NonNullable<DoctorSurroundings['listed']>,
  tenantId: string,
): Promise<string | undefined> {
  try {
    await listed(tenantId);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Nobody has it open now. */
async function quickCheck(dataDir: string, tenantId: string): Promise<string | undefined> {
  const file = path.join(createDataLayout(dataDir).tenantDir(tenantId), 'index.sqlite');
  const size = await stat(file).then(
    (facts) => facts.size,
    () => 0,
  );
  if (size === 0) return undefined;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true });
    const answer: unknown = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {})[0];
    return answer === 'ok' ? undefined : String(answer);
  } catch (error) {
    return messageOf(error);
  } finally {
    database?.close();
  }
}

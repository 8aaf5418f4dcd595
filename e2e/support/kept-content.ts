import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommandLine } from './console-program.ts';
import type { TempHome } from './temp-home.ts';

export const keptSession = { tenantId: 'default', userId: 'default', sessionId: 'ses_kept' } as const;

/** What earlier starts of the program left: a session, a backup, and a readiness check with one thing to fix. */
export async function leaveContent(home: TempHome): Promise<void> {
  const { tenantId, sessionId } = keptSession;
  const folder = join(home.dataDir, 'tenants', tenantId, 'sessions', sessionId);
  await mkdir(folder, { recursive: true });
  const at = Date.now() - 60_000;
  const tokens = { inputTokens: 12, outputTokens: 3, cacheReadTokens: 0, cacheWriteTokens: 0, totalTokens: 15 };
  const init = { type: 'init', ...keptSession, agentId: 'default', title: 'Quarterly numbers', createdAt: at };
  const turn = { type: 'turn', turnIndex: 0, ...tokens, cost: 0, updatedAt: at, runId: 'run_1', model: 'p:m' };
  await writeFile(join(folder, 'session.jsonl'), lines([init, { ...turn, stopReason: 'stop' }]));
  await writeFile(join(folder, 'messages.jsonl'), lines([{ role: 'user', content: 'How many?', timestamp: at }]));
  const result = { state: 'warning', code: 'logs_endless', params: {}, evidence: [], testedAt: at, durationMs: 1 };
  await writeFile(
    join(home.dataDir, 'readiness.json'),
    JSON.stringify({ version: 1, waivers: {}, results: { secret_sources: result } }),
  );
  const { code, out } = await runCommandLine(home, ['backup']);
  if (code !== 0) throw new Error(`No backup was made:\n${out}`);
}

function lines(records: readonly object[]): string {
  return `${records.map((record) => JSON.stringify(record)).join('\n')}\n`;
}

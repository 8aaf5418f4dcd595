import type { SessionRow } from '../../contract/sessions.ts';

/** A session as its table has it; times in milliseconds since 1970. */
export interface StoredSession {
  no: number;
  tenant_id: string;
  session_id: string;
  user_id: string;
  agent_id: string;
  title: string;
  created_at: number;
  active_at: number;
  stop_reason: string | null;
  turns: number;
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  total_tokens: number;
  cost: number;
  next_seq: number;
  live_from: number;
  archives: number;
  size_bytes: number;
}

export function toSessionRow(found: StoredSession): SessionRow {
  return {
    sessionId: found.session_id,
    tenantId: found.tenant_id,
    userId: found.user_id,
    agentId: found.agent_id,
    title: found.title,
    turns: found.turns,
    usage: {
      inputTokens: found.input_tokens,
      outputTokens: found.output_tokens,
      cacheReadTokens: found.cache_read_tokens,
      cacheWriteTokens: found.cache_write_tokens,
      totalTokens: found.total_tokens,
      cost: found.cost,
    },
    createdAt: found.created_at,
    lastActiveAt: found.active_at,
    sizeBytes: found.size_bytes,
    ...(found.stop_reason !== null && { lastStopReason: found.stop_reason }),
  };
}

/** The summary alone, as the state of a session shows it. */
export function toSummary(found: StoredSession): Omit<SessionRow, 'sizeBytes' | 'lastStopReason' | 'hits'> {
  const { sizeBytes: _size, lastStopReason: _stop, ...summary } = toSessionRow(found);
  return summary;
}

/** Postgres keeps no zero byte in a text. */
export function plain(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\ufffd') : text;
}

import { filesLine } from '../../contract/attachments.ts';
import type { Owner } from '../../contract/ids.ts';
import type { UserMessage } from '../../contract/messages.ts';
import { AppError } from '../../lib/app-error.ts';
import type { SaidWords } from '../../memory/user-memory.ts';
import type { AgentrailSessionStore } from '../../sessions/store.ts';

const pageSize = 200;

/** What people said, from the sessions that are kept. Neither answers nor tools nor files that came along are in it. */
export function createSaidWords(store: Pick<AgentrailSessionStore, 'list' | 'loadAllMessages'>): SaidWords {
  return {
    async sessions({ tenantId, userId }: Owner, since, limit) {
      const found: { sessionId: string }[] = [];
      let cursor: string | undefined;
      do {
        const query = { tenantId, userId, limit: Math.min(pageSize, limit - found.length) };
        const page = await store.list({ ...query, ...(cursor !== undefined && { cursor }) });
        // Newest first: what follows is older still.
        const newer = page.sessions.filter(({ lastActiveAt }) => lastActiveAt > since);
        found.push(...newer.map(({ sessionId }) => ({ sessionId })));
        cursor = newer.length === page.sessions.length ? page.nextCursor : undefined;
      } while (cursor !== undefined && found.length < limit);
      return found.reverse();
    },
    async words({ tenantId, userId }, sessionId, since) {
      try {
        const { messages } = await store.loadAllMessages({ tenantId, userId, sessionId });
        return messages.flatMap((message) =>
          message.role === 'user' && message.timestamp > since
            ? [{ text: ownWords(message), at: message.timestamp }]
            : [],
        );
      } catch (error) {
        // Deleted meanwhile.
        if (error instanceof AppError && error.code === 'session_not_found') return [];
        throw error;
      }
    },
  };
}

function ownWords({ content }: UserMessage): string {
  const blocks = typeof content === 'string' ? [content] : content.map((block) => ('text' in block ? block.text : ''));
  return blocks.join('\n').split(filesLine, 1)[0] ?? '';
}

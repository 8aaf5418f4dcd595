import { useQueryClient } from '@tanstack/react-query';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { useEffect } from 'react';
import type { WorkspaceNews } from '../../../server/contract/workspace-files.ts';
import { consoleHeader } from '../../api/client.ts';
import { type WorkspaceOwner, workspaceHref } from './file-links.ts';

const againMs = 3000;

/** Fetches files anew when something changes there, as long as the component is shown. */
export function useWorkspaceNews({ tenantId, sessionId }: WorkspaceOwner): void {
  const queries = useQueryClient();
  useEffect(() => {
    const leaving = new AbortController();
    const refresh = () => void queries.invalidateQueries({ queryKey: ['workspace', tenantId, sessionId] });

    async function follow(): Promise<void> {
      const href = workspaceHref({ tenantId, sessionId }, 'watch');
      const response = await fetch(href, { headers: consoleHeader, signal: leaving.signal });
      if (!response.ok || !response.body) throw new TypeError(`status ${response.status}`);
      const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
      const reader = events.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        const news = JSON.parse(value.data) as WorkspaceNews | { type: 'failed' };
        if (news.type === 'changed') refresh();
      }
    }

    async function keepFollowing(): Promise<void> {
      while (!leaving.signal.aborted) {
        // A sandbox that came or went: who has the files is asked anew.
        await follow().catch(() => undefined);
        if (leaving.signal.aborted) return;
        await new Promise((resolve) => setTimeout(resolve, againMs));
        refresh();
      }
    }
    void keepFollowing();
    return () => leaving.abort();
  }, [queries, tenantId, sessionId]);
}

import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { useHistoryState } from 'wouter/use-browser-location';
import type { HandedPrompt } from '../../api/links.ts';
import { useKnown } from '../../api/live-context.ts';
import { newSession } from './chat-store.ts';

/**
 * A first message that another page handed over. It comes with the history's state and not with the address: a link from
 * elsewhere must not make an agent work. It is taken out before it is sent, so that a reload sends nothing.
 */
export function useHandedPrompt(sessionId: string, submit: (message: string) => void): void {
  const prompt = promptOf(useHistoryState<unknown>());
  const [, navigate] = useLocation();
  const isUp = useKnown(({ server: { phase } }) => phase === 'ready' || phase === 'degraded');
  // biome-ignore lint/correctness/useExhaustiveDependencies: sent once, whatever else changes.
  useEffect(() => {
    if (prompt === undefined || !isUp || sessionId !== newSession) return;
    navigate('/playground', { replace: true, state: null });
    submit(prompt);
  }, [prompt, isUp, sessionId]);
}

function promptOf(state: unknown): string | undefined {
  if (typeof state !== 'object' || state === null) return undefined;
  const { prompt } = state as Partial<HandedPrompt>;
  return typeof prompt === 'string' && prompt !== '' ? prompt : undefined;
}

import { type KeyboardEvent, useState } from 'react';
import { newSession, useChats } from './chat-store.ts';
import { pastPrompts, stepThrough } from './past-prompts.ts';

/** Arrow up in an empty field brings back what was asked before, newest first; arrow down leads back. */
export function usePastPrompts(sessionId: string, draft: string) {
  const chats = useChats((store) => store.chats);
  const setDraft = useChats((store) => store.setDraft);
  const [place, setPlace] = useState(-1);

  return (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    const step = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0;
    const isPlain = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey;
    if (step === 0 || !isPlain || event.nativeEvent.isComposing) return;
    const transcripts = Object.entries(chats)
      .filter(([id]) => id !== sessionId && id !== newSession)
      .map(([, chat]) => chat.transcript);
    const own = chats[sessionId]?.transcript;
    const next = stepThrough(pastPrompts(own ? [...transcripts, own] : transcripts), draft, place, step);
    if (!next) return;
    event.preventDefault();
    setPlace(next.place);
    setDraft(sessionId, next.text);
  };
}

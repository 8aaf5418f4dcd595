import { create } from 'zustand';
import type { RunInfo } from '../../../server/contract/chat.ts';
import type { SessionKey } from '../../../server/contract/ids.ts';
import { type ApiError, toApiError } from '../../api/api-error.ts';
import { answer, api } from '../../api/client.ts';
import { type ChatBody, followRun, type RunSource } from './run-stream.ts';
import { beginRun, closeOpen, emptyTranscript, reduceRun, type Transcript } from './transcript.ts';
import { transcriptBefore, transcriptOf } from './transcript-history.ts';

/** The name of the session that is not begun yet. */
export const newSession = 'new';

export interface Chat {
  phase: 'loading' | 'ready' | 'running' | 'reconnecting';
  transcript: Transcript;
  error?: ApiError | undefined;
  skippedLines: number;
}

interface ChatStore {
  chats: Readonly<Record<string, Chat>>;
  /** What was typed and not sent, by session. */
  drafts: Readonly<Record<string, string>>;
  /** Files that go with the next message, by session. */
  files: Readonly<Record<string, readonly File[]>>;
  /** Undefined: the server's own choice. */
  agentId: string | undefined;
  model: string | undefined;
  setDraft(sessionId: string, text: string): void;
  setFiles(sessionId: string, files: readonly File[]): void;
  choose(choice: { agentId?: string | undefined; model?: string | undefined }): void;
  /** Shows what is stored, and follows the run that goes on there. */
  open(key: SessionKey, run: RunInfo | undefined): Promise<void>;
  /** Forgets what the empty session showed. */
  reset(): void;
  /** With the session's files. `onSession` is told when a new session has its name. */
  send(key: SessionKey, message: string, onSession: (sessionId: string) => void): void;
}

/** Sessions that were looked at and need not be fetched before they show. */
const chatsKept = 20;

const blank: Chat = { phase: 'ready', transcript: emptyTranscript, skippedLines: 0 };

export function isActive(chat: Chat | undefined): boolean {
  return chat?.phase === 'running' || chat?.phase === 'reconnecting';
}

function questionsOf({ entries }: Transcript): number {
  return entries.filter((entry) => entry.kind === 'user').length;
}

/** Room for one more: the chat that was opened first and is at rest makes it. */
function withoutOldest(chats: Readonly<Record<string, Chat>>): Record<string, Chat> {
  const entries = Object.entries(chats);
  const oldest = entries.find(([, chat]) => !isActive(chat));
  return Object.fromEntries(entries.length < chatsKept ? entries : entries.filter((entry) => entry !== oldest));
}

/** Runs are followed here and not in the page, so that they go on while another page is open. */
export const useChats = create<ChatStore>((set, get) => {
  let lastId = 0;
  /** Which call of `open` for a session is the latest; an older answer is dropped. */
  const openings = new Map<string, number>();

  function change(sessionId: string, next: (chat: Chat) => Chat): void {
    set(({ chats }) => ({ chats: { ...chats, [sessionId]: next(chats[sessionId] ?? blank) } }));
  }

  function follow(from: string, source: RunSource, onSession: (sessionId: string) => void): void {
    let sessionId = from;
    followRun(source, {
      onStart(ids) {
        if (sessionId !== newSession) return;
        set(({ chats: { [newSession]: begun, ...others } }) => ({
          chats: { ...others, [ids.sessionId]: begun ?? blank },
        }));
        sessionId = ids.sessionId;
        onSession(sessionId);
      },
      onEvents(events) {
        const at = Date.now();
        change(sessionId, (chat) => ({
          ...chat,
          transcript: events.reduce((transcript, event) => reduceRun(transcript, event, at), chat.transcript),
        }));
      },
      onConnection(isUp) {
        change(sessionId, (chat) => ({ ...chat, phase: isUp ? 'running' : 'reconnecting' }));
      },
      onEnd() {
        change(sessionId, (chat) => ({ ...chat, phase: 'ready' }));
      },
      onError(error) {
        change(sessionId, (chat) => ({ ...chat, phase: 'ready', error, transcript: closeOpen(chat.transcript) }));
        if ('request' in source && isUnsent(sessionId)) takeBack(sessionId, source.request.message, source.files);
      },
    });
  }

  function isUnsent(sessionId: string): boolean {
    return get().chats[sessionId]?.transcript.runId === undefined;
  }

  /** A message that was refused goes back to where it was written. */
  function takeBack(sessionId: string, message: string, sent: readonly File[] = []): void {
    change(sessionId, (chat) => {
      const entries = chat.transcript.entries.slice(0, -1);
      return { ...chat, transcript: { ...chat.transcript, entries, runStart: entries.length } };
    });
    set(({ drafts, files }) => ({
      drafts: { ...drafts, [sessionId]: drafts[sessionId] || message },
      files: { ...files, [sessionId]: [...sent, ...(files[sessionId] ?? [])] },
    }));
  }

  return {
    chats: {},
    drafts: {},
    files: {},
    agentId: undefined,
    model: undefined,
    setDraft: (sessionId, text) => set(({ drafts }) => ({ drafts: { ...drafts, [sessionId]: text } })),
    setFiles: (sessionId, chosen) => set(({ files }) => ({ files: { ...files, [sessionId]: chosen } })),
    choose: (choice) => set(choice),
    reset: () => {
      if (!isActive(get().chats[newSession])) change(newSession, () => blank);
    },
    async open(key, run) {
      const { sessionId } = key;
      const known = get().chats[sessionId];
      if (isActive(known) || (run && known?.transcript.runId === run.runId && known.transcript.stopReason)) return;
      const turn = (openings.get(sessionId) ?? 0) + 1;
      openings.set(sessionId, turn);
      const isLatest = () => openings.get(sessionId) === turn && !isActive(get().chats[sessionId]);
      if (!known) {
        set(({ chats }) => ({ chats: withoutOldest(chats) }));
        change(sessionId, () => ({ ...blank, phase: 'loading' }));
      }
      try {
        const path = api.sessions[':tenantId'][':userId'][':sessionId'].messages;
        const { messages, skippedLines } = await answer(path.$get({ param: { ...key } }));
        if (!isLatest()) return;
        const transcript = run ? transcriptBefore(messages, run) : transcriptOf(messages);
        // What was followed live tells more than what is stored, as long as nothing was said since.
        if (!run && known?.transcript.stopReason && questionsOf(known.transcript) === questionsOf(transcript)) return;
        change(sessionId, () => ({ phase: run ? 'running' : 'ready', transcript, skippedLines }));
        if (run) follow(sessionId, { runId: run.runId }, () => undefined);
      } catch (thrown) {
        if (isLatest()) change(sessionId, (chat) => ({ ...chat, phase: 'ready', error: toApiError(thrown) }));
      }
    },
    send({ tenantId, userId, sessionId }, message, onSession) {
      const { agentId, model, chats, files: chosen } = get();
      if (isActive(chats[sessionId])) return;
      const files = chosen[sessionId] ?? [];
      const attached = files.map(({ name, size }) => ({ name, sizeBytes: size }));
      lastId += 1;
      change(sessionId, (chat) => ({
        ...chat,
        phase: 'running',
        error: undefined,
        transcript: beginRun(chat.transcript, message, `sent-${lastId}`, attached),
      }));
      set(({ drafts, files: now }) => ({
        drafts: { ...drafts, [sessionId]: '' },
        files: { ...now, [sessionId]: [] },
      }));
      const request: ChatBody = {
        message,
        tenantId,
        userId,
        ...(sessionId !== newSession && { sessionId }),
        ...(agentId !== undefined && { agentId }),
        ...(model !== undefined && { model }),
      };
      follow(sessionId, { request, ...(files.length > 0 && { files }) }, onSession);
    },
  };
});

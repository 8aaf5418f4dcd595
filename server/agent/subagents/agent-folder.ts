import path from 'node:path';
import type { Message } from '../../contract/messages.ts';
import { sessionLayout } from '../../data/layout.ts';
import { toStorageError } from '../../data/storage-error.ts';
import { AppError } from '../../lib/app-error.ts';
import { createSerialQueue } from '../../lib/serial-queue.ts';
import { createAppendLog } from '../../sessions/append-log.ts';
import { compactFolder } from '../../sessions/compaction.ts';
import { createSessionFolder } from '../../sessions/session-folder.ts';
import type { CompactionRequest, CompactionResult } from '../../sessions/store.ts';
import {
  type AgentRecord,
  type AgentState,
  applyMail,
  freshState,
  type MailLine,
  mailLineSchema,
} from './agent-state.ts';
import { readMail } from './mail-lines.ts';

/**
 * One agent's files: mailbox.jsonl, and its conversation in messages.jsonl, as a session has it. What resolved is on the disk.
 * Throws AppError `storage_unavailable`.
 */
export interface AgentFolder {
  readonly record: AgentRecord;
  /** As the mailbox says. */
  state(): AgentState;
  post(line: MailLine): Promise<AgentState>;
  loadMessages(): Promise<Message[]>;
  appendMessages(messages: readonly Message[]): Promise<void>;
  compact(request: CompactionRequest, now: number): Promise<CompactionResult>;
  /** Nothing is written after it. Tells how many bytes were added since it was opened. */
  close(): Promise<number>;
}

/** The folder must be there. */
export async function createAgentFolder(dir: string, record: AgentRecord): Promise<AgentFolder> {
  const mailFile = path.join(dir, 'mailbox.jsonl');
  const mail = createAppendLog(mailFile);
  const history = createSessionFolder(sessionLayout(dir));
  const inTurn = createSerialQueue();
  let state = (await readMail(mailFile, mailLineSchema)).reduce(applyMail, freshState);
  let isClosed = false;
  let addedBytes = 0;

  function write<T>(work: () => Promise<T>): Promise<T> {
    return inTurn(async () => {
      if (isClosed) throw new AppError('subagent_over', 'The run of this agent is over.', { status: 409 });
      try {
        return await work();
      } catch (error) {
        throw toStorageError(error);
      }
    });
  }

  return {
    record,
    state: () => state,
    post: (line) =>
      write(async () => {
        await mail.append([JSON.stringify(line)], true);
        addedBytes += Buffer.byteLength(JSON.stringify(line)) + 1;
        state = applyMail(state, line);
        return state;
      }),
    loadMessages: () => write(async () => (await history.loadMessages()).messages),
    appendMessages: (messages) =>
      write(async () => {
        if (messages.length === 0) return;
        const lines = messages.map((message) => JSON.stringify(message));
        await history.messages.append(lines, true);
        for (const text of lines) addedBytes += Buffer.byteLength(text) + 1;
      }),
    compact: (request, now) => write(() => compactFolder(history, request, now)),
    close: () =>
      inTurn(async () => {
        isClosed = true;
        await Promise.all([mail.close(), history.close()]);
        return addedBytes;
      }),
  };
}

import type { CompactionResult } from '../contract/events.ts';
import type { SessionKey } from '../contract/ids.ts';
import { AppError } from '../lib/app-error.ts';
import { memoryDocumentNames } from '../sessions/store.ts';
import type { ContextStore } from './compaction/context-store.ts';

/** What may be done to a session while nothing else runs in it. */
export interface SessionDesk {
  /** Shortens it. Throws AppError `nothing_to_compact` and what a compaction throws. */
  compact(): Promise<CompactionResult>;
  /** The model forgets the conversation; its words, notes and tasks stay in the archive. False: there was none. */
  startOver(): Promise<boolean>;
  /** `provider:model` that its next messages go to, and the one that a person chose for it. */
  model(): Promise<{ current: string; chosen?: string }>;
  /** For this session's next messages; undefined: as the agent says. Throws AppError for a model that cannot be asked. */
  chooseModel(model: string | undefined): Promise<void>;
  /** Models that can be asked now. */
  models(): string[];
}

/** Kept beside the session's tool results: every store has those, and they go where the session goes. */
const choiceName = 'session.model';
const longestChoice = 256;

/** The model that a person chose for a session. */
export async function chosenModel(store: ContextStore | undefined, key: SessionKey): Promise<string | undefined> {
  try {
    const kept = await store?.readArtifact(key, choiceName, { limit: longestChoice });
    return kept?.text || undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

export async function keepChosenModel(store: ContextStore, key: SessionKey, model: string | undefined): Promise<void> {
  await store.writeArtifact(key, choiceName, model ?? '');
}

/** Moves everything that the model would remember out of its sight. False: there was nothing said. */
export async function startOver(store: ContextStore, key: SessionKey): Promise<boolean> {
  const archiveId = await archiveAll(store, key);
  for (const name of memoryDocumentNames) {
    const text = await store.readMemory(key, name);
    if (text === '') continue;
    await store.writeArtifact(key, `${name}.${archiveId ?? 'empty'}`, text);
    await store.writeMemory(key, name, '');
  }
  return archiveId !== undefined;
}

async function archiveAll(store: ContextStore, key: SessionKey): Promise<string | undefined> {
  const { messages } = await store.loadMessages(key);
  if (messages.length === 0) return undefined;
  const summary = 'The person set aside what was said before and starts over. Do not refer to it.';
  try {
    return (await store.compact(key, { messageCount: messages.length, summary })).archiveId;
  } catch (error) {
    // Only the mark of an earlier start is left.
    if (error instanceof AppError && error.code === 'invalid_compaction') return undefined;
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'artifact_not_found' || error.code === 'session_not_found');
}

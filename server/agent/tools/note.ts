import { z } from 'zod';
import { AppError } from '../../lib/app-error.ts';
import { createKeyedQueue, type KeyedQueue } from '../../sessions/keyed-queue.ts';
import { readArtifactName } from '../compaction/artifact.ts';
import type { ContextStore } from '../compaction/context-store.ts';
import { beginningOf } from '../compaction/shorten-text.ts';
import { defineTool, type Tool } from './tool.ts';

const maxCharacters = 100_000;
/** More than this is told of by its beginning and its size only. */
const maxRecalled = 8000;
const documentName = 'NOTES.md';

const inputSchema = z.object({
  text: z.string().max(20_000).describe('Markdown. What you will need when you no longer see this conversation.'),
  mode: z
    .enum(['append', 'replace'])
    .default('append')
    .describe('append adds it at the end; replace makes it all there is, an empty text clears the notes.'),
});

/** The session's notes: written by the agent, told to it when the conversation was shortened or comes back. */
export function createNoteTool(
  store: Pick<ContextStore, 'readMemory' | 'writeMemory'>,
  /** Two changes at once must not lose each other: whoever else changes the notes shares it. By `tenant/session`. */
  queue: KeyedQueue = createKeyedQueue(),
): Tool<z.infer<typeof inputSchema>> {
  return defineTool({
    name: 'Note',
    description:
      'Keeps a note of this conversation in NOTES.md. Long conversations are shortened: what stands in your notes you ' +
      'see again. Note what the person wants and decided, and facts that were hard to find; not what can be looked up.',
    inputSchema,
    reach: 'inform',
    async execute({ text, mode }, { tenantId, userId, sessionId }) {
      const key = { tenantId, userId, sessionId };
      return queue.run(`${tenantId}/${sessionId}`, async () => {
        const before = mode === 'append' ? (await store.readMemory(key, documentName)).trimEnd() : '';
        const after = [before, text.trim()].filter(Boolean).join('\n\n');
        if (after.length > maxCharacters) {
          throw new AppError(
            'notes_too_long',
            `The notes would hold ${after.length} characters; at most ${maxCharacters} are kept. Read them with ${readArtifactName}, id "${documentName}", and replace them with a shorter version.`,
            { status: 400 },
          );
        }
        await store.writeMemory(key, documentName, after === '' ? '' : `${after}\n`);
        const told =
          after === '' ? 'The notes are empty now.' : `Noted; ${documentName} holds ${after.length} characters.`;
        return { content: [{ type: 'text' as const, text: told }], details: { characters: after.length } };
      });
    },
    async recall(key) {
      const text = (await store.readMemory(key, documentName)).trim();
      if (text === '') return undefined;
      if (text.length <= maxRecalled) return `Your notes of this conversation, from ${documentName}:\n\n${text}`;
      const line = text.split('\n').find((candidate) => candidate.trim() !== '') ?? '';
      const head = `Your notes of this conversation are ${text.length} characters long and begin with "${beginningOf(line, 80)}". The latest of them are below; ${readArtifactName} with id "${documentName}" reads all.`;
      return `${head}\n\n${text.slice(-maxRecalled / 2).toWellFormed()}`;
    },
  });
}

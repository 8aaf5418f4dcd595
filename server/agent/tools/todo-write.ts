import { z } from 'zod';
import { createKeyedQueue, type KeyedQueue } from '../../sessions/keyed-queue.ts';
import type { AgentrailSessionStore } from '../../sessions/store.ts';
import { countTodos, todoSchema, writeTodos } from './todo-list.ts';
import { defineTool, type Tool } from './tool.ts';

/** Where the list lies. */
export type TodoStore = Pick<AgentrailSessionStore, 'readMemory' | 'writeMemory'>;

const documentName = 'TODO.md';
const maxTodos = 100;
/** A document that a person made longer is told only so far, in characters. */
const maxRecalled = 20_000;

const inputSchema = z.object({
  todos: z
    .array(todoSchema)
    .max(maxTodos)
    .refine(
      (todos) => todos.filter(({ status }) => status === 'in_progress').length <= 1,
      'Only one item can be in_progress. Finish it or set it back first.',
    )
    .describe('The whole list, in order; it takes the place of the old one.'),
});

/** The session's list of steps: shown to the person, kept with the session, told to the model when it comes back. */
export function createTodoWriteTool(
  store: TodoStore,
  /** Shared with whoever else changes the list, by `tenant/session`. */
  queue: KeyedQueue = createKeyedQueue(),
): Tool<z.infer<typeof inputSchema>> {
  return defineTool({
    name: 'TodoWrite',
    description:
      'Keeps the list of steps of this conversation, which the person sees and which is kept between messages. Use it for ' +
      'work of three or more steps: write the whole list, set one item in_progress before you begin it, and completed as ' +
      'soon as it is done. An empty list clears it.',
    inputSchema,
    reach: 'inform',
    async execute({ todos }, { tenantId, userId, sessionId }) {
      const text = todos.length === 0 ? '' : writeTodos(todos);
      await queue.run(`${tenantId}/${sessionId}`, () =>
        store.writeMemory({ tenantId, userId, sessionId }, documentName, text),
      );
      const told = todos.length === 0 ? 'The list is empty now.' : `The list is kept: ${countTodos(todos)}.`;
      return { content: [{ type: 'text', text: told }], details: { todos } };
    },
    async recall(key) {
      const text = (await store.readMemory(key, documentName)).trim();
      if (text === '') return undefined;
      return `Your list of steps in this conversation, from ${documentName}:\n\n${text.slice(0, maxRecalled)}`;
    },
  });
}

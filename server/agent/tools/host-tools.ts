import type { KeyedQueue } from '../../sessions/keyed-queue.ts';
import { askUserQuestionTool } from './ask-user-question.ts';
import { createSleepTool } from './sleep.ts';
import { createTodoWriteTool, type TodoStore } from './todo-write.ts';
import type { Tool } from './tool.ts';
import { type WebToolsOptions, webTools } from './web/web-tools.ts';

/** The tools that need no sandbox: WebFetch, WebSearch, TodoWrite, Sleep, AskUserQuestion. */
export function hostTools({
  sessions,
  memoQueue,
  ...web
}: WebToolsOptions & { sessions: TodoStore; memoQueue?: KeyedQueue }): Tool[] {
  return [...webTools(web), createTodoWriteTool(sessions, memoQueue), createSleepTool(web.clock), askUserQuestionTool];
}

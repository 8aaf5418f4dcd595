import type { MockReply, RecordedRequest } from '../agent/testing/mock-upstream.ts';
import type { AssistantMessage, Message } from '../contract/messages.ts';
import type { HistoryEntry } from '../contract/sessions.ts';

/** What the clients of a storm say, and what the scripted model answers: all of it known from the id of a message. */

/** What a message makes the model do. */
export type Plan = 'say' | 'note' | 'work' | 'ask' | 'shell';

export function messageText(id: string, plan: Plan): string {
  return `[${id}] ${plan} ${'pad '.repeat(weightOf(id))}`;
}

/** The words of one step of the answer to a message. */
export function answerText(id: string, step: number): string {
  return `<${id}/${step}> ${'word '.repeat(weightOf(`${id}/${step}`))}<end>`;
}

export function noteText(id: string): string {
  return `note of ${id}.`;
}

/** In the workspace: a line for each command that was carried out. */
export const shellFile = 'ran.txt';

/** Stands in what a model says that was told to lie; in arguments that must not be carried out, too. */
export const lieMark = '~lie~';
export const liesIn = (text: string): boolean => text.includes(lieMark);

/** The scripted model: reacts to the last message and to the results since. */
export function replyTo(request: RecordedRequest): MockReply {
  const { messages } = request.body as { messages: WireMessage[] };
  const last = messages.findLastIndex(({ role }) => role === 'user');
  const text = textOf(messages[last]);
  if (text.includes('<transcript>')) return { blocks: [{ type: 'text', text: 'What was said so far.' }] };
  // What was said to a server that was killed comes again, in one message with what was said since.
  const [, id = '', plan = 'say'] = [...text.matchAll(/\[(\S+)\] (\w+)/g)].at(-1) ?? [];
  // Not the number of results: the calls of one turn come together.
  const step = messages.slice(last + 1).filter(({ role }) => role === 'assistant').length;
  return { ...stepOf(id, plan as Plan, step), frameDelayMs: weightOf(id) % 5, pieceLength: 40 };
}

function stepOf(id: string, plan: Plan, step: number): MockReply {
  const text = { type: 'text', text: answerText(id, step) } as const;
  const call = (name: string, args: object, place = 0) =>
    ({ type: 'toolCall', id: `call_${id}_${step}_${place}`, name, args: { ...args } }) as const;
  const note = call('Note', { text: noteText(id) });
  if (plan === 'note' && step === 0) return { blocks: [text, note] };
  if (plan === 'ask' && step === 0) return { blocks: [text, call('AskUserQuestion', { question: `Well, ${id}?` })] };
  if (plan === 'work' && step === 0) {
    const todos = [{ content: `todo of ${id}`, status: 'pending' }];
    return { blocks: [text, call('TodoWrite', { todos }), call('Sleep', { duration_ms: 30 }, 1)] };
  }
  if (plan === 'shell' && step === 0) {
    return { blocks: [text, call('Bash', { command: `echo '${noteText(id)}' >> ${shellFile} && sync ${shellFile}` })] };
  }
  if (plan === 'work' && step === 1) return { blocks: [text, note] };
  return { blocks: [text] };
}

interface WireMessage {
  role: string;
  content?: string | { text?: string }[] | null;
  tool_call_id?: string;
}

function textOf(message: WireMessage | undefined): string {
  const { content } = message ?? {};
  return typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join('');
}

/** What a request held, as the names of `entryName`. The person's last message comes last among `U …`. */
export function namesInRequest(request: RecordedRequest): string[] {
  const { messages } = request.body as { messages: WireMessage[] };
  return messages.flatMap((message) => {
    if (message.role === 'tool') return `T ${message.tool_call_id}`;
    if (message.role === 'system') return [];
    const [letter, pattern] = message.role === 'user' ? ['U', /\[(\S+)\]/g] : ['A', /<(\S+\/\d+)>/g];
    return Array.from(textOf(message).matchAll(pattern), ([, name]) => `${letter} ${name}`);
  });
}

/** A name that says which message this is: `U id`, `A id/step` or `T call`; undefined for one that said nothing yet. */
export function entryName(entry: HistoryEntry): string | undefined {
  if (!('role' in entry)) return undefined;
  if (entry.role === 'toolResult') return `T ${entry.toolCallId}`;
  const found = (entry.role === 'user' ? /\[(\S+)\]/ : /<(\S+\/\d+)>/).exec(wordsOf(entry))?.[1];
  return found === undefined ? undefined : `${entry.role === 'user' ? 'U' : 'A'} ${found}`;
}

/** What is wrong with a stored message by itself, or undefined. */
export function faultOf(entry: HistoryEntry): string | undefined {
  if (!('role' in entry) || entry.role === 'toolResult') return undefined;
  const words = wordsOf(entry);
  if (liesIn(words)) return undefined;
  if (entry.role === 'user') {
    const [, id = '', plan = ''] = /\[(\S+)\] (\w+)/.exec(words) ?? [];
    return words === messageText(id, plan as Plan) ? undefined : `half a message of a person: ${words.slice(0, 60)}`;
  }
  const [, id = '', step = ''] = /<(\S+)\/(\d+)>/.exec(words) ?? [];
  const whole = answerText(id, Number(step));
  const isFine = isBroken(entry) ? id === '' || whole.startsWith(words) : words === whole;
  return isFine ? undefined : `half an answer: ${words.slice(0, 60)} … ${words.slice(-20)}`;
}

function isBroken({ stopReason }: AssistantMessage): boolean {
  return stopReason === 'aborted' || stopReason === 'error';
}

function wordsOf({ content }: Exclude<Message, { role: 'toolResult' }>): string {
  if (typeof content === 'string') return content;
  return content.map((block) => ('text' in block ? block.text : '')).join('');
}

/** A small number that is always the same for the same id. */
function weightOf(id: string): number {
  let sum = 7;
  for (const character of id) sum = (sum * 31 + character.charCodeAt(0)) % 9973;
  return sum % 97;
}

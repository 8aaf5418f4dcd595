import type {
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4ProviderMetadata,
} from '@ai-sdk/provider';
import type { MessageStep } from '../contract/events.ts';
import type { AssistantMessage, MessageUsage, ToolCallBlock } from '../contract/messages.ts';
import type { StreamRedactor } from '../secrets/redactor.ts';
import { costOf, type ModelFacts } from './model-catalog.ts';
import { redactDeep } from './redact-deep.ts';

type Content = AssistantMessage['content'];
type ThinkingBlock = Extract<Content[number], { type: 'thinking' }>;
/** Ends of a stream after which its last block may lack its tail; undefined is a stream without an end. */
const cutOffReasons: ReadonlySet<string | undefined> = new Set([
  'length',
  'interrupted',
  'error',
  'content-filter',
  undefined,
]);

/** A block that text still comes for. */
interface OpenBlock {
  contentIndex: number;
  redactor: StreamRedactor;
}

interface OpenCall extends OpenBlock {
  block: ToolCallBlock;
  /** As the model wrote it. */
  json: string;
  isComplete: boolean;
  isEnded: boolean;
}

/**
 * Builds one assistant message from the parts of a provider's stream. Secrets are taken out before anything is told or
 * kept, so steps and content say the same; arguments with a secret reach no tool either. When the stream broke off, its
 * last characters are dropped if they may begin a secret.
 */
export interface ReplyBuilder {
  /** Takes one part; what it adds is told through `onStep`. */
  add(part: LanguageModelV4StreamPart): void;
  /** The content so far. Calls that are not whole, or whose arguments do not parse, are marked `invalid`. */
  content(): Content;
  readonly finish: { reason: LanguageModelV4FinishReason; usage: LanguageModelV4Usage } | undefined;
  /** The first fault that the provider told of inside the stream. */
  readonly fault: { error: unknown } | undefined;
}

/** For text that nobody reads but this program itself. */
const openly: StreamRedactor = { push: (piece) => piece, end: () => '' };

export function createReplyBuilder(
  onStep: (step: MessageStep) => void,
  redactStream: () => StreamRedactor = () => openly,
): ReplyBuilder {
  const content: Content = [];
  const openBlocks = new Map<string, OpenBlock>();
  /** Thinking as the model wrote it, by its block. */
  const thoughts = new Map<ThinkingBlock, string>();
  const calls = new Map<string, OpenCall>();
  let finish: ReplyBuilder['finish'];
  let fault: ReplyBuilder['fault'];

  /** Blocks begin with their first substance: providers also open ones that stay empty. */
  function openBlock(type: 'text' | 'thinking', id: string): OpenBlock {
    const key = `${type} ${id}`;
    const found = openBlocks.get(key);
    if (found !== undefined) return found;
    const contentIndex = content.push(type === 'text' ? { type, text: '' } : { type: 'thinking', thinking: '' }) - 1;
    const opened = { contentIndex, redactor: redactStream() };
    openBlocks.set(key, opened);
    onStep({ type: `${type}_start`, contentIndex });
    return opened;
  }

  /** Keeps and tells what is safe to show. */
  function show({ contentIndex }: OpenBlock, delta: string): void {
    if (!delta) return;
    const block = content[contentIndex];
    if (block?.type === 'text') block.text += delta;
    if (block?.type === 'thinking') block.thinking += delta;
    onStep({ type: block?.type === 'thinking' ? 'thinking_delta' : 'text_delta', contentIndex, delta });
  }

  function addText(id: string, delta: string): void {
    if (!delta) return;
    const open = openBlock('text', id);
    show(open, open.redactor.push(delta));
  }

  function addThinking(id: string, delta: string, metadata: SharedV4ProviderMetadata | undefined): void {
    const { signature, redactedData } = metadata?.anthropic ?? {};
    if (!delta && typeof signature !== 'string' && typeof redactedData !== 'string') return;
    const open = openBlock('thinking', id);
    const block = content[open.contentIndex];
    if (block?.type !== 'thinking') return;
    thoughts.set(block, (thoughts.get(block) ?? '') + delta);
    if (typeof signature === 'string') block.thinkingSignature = signature;
    if (typeof redactedData === 'string') Object.assign(block, { thinkingSignature: redactedData, redacted: true });
    show(open, open.redactor.push(delta));
  }

  function end(type: 'text' | 'thinking', id: string): void {
    const open = openBlocks.get(`${type} ${id}`);
    if (open === undefined) return;
    openBlocks.delete(`${type} ${id}`);
    show(open, open.redactor.end());
    onStep({ type: `${type}_end`, contentIndex: open.contentIndex });
  }

  function callOf(id: string, name: string): OpenCall {
    const found = calls.get(id);
    if (found) return found;
    const block: ToolCallBlock = { type: 'toolCall', id: redact(id), name: redact(name), arguments: {} };
    const contentIndex = content.push(block) - 1;
    const call = { block, contentIndex, json: '', redactor: redactStream(), isComplete: false, isEnded: false };
    calls.set(id, call);
    onStep({ type: 'toolcall_start', contentIndex, toolCallId: block.id, toolName: block.name });
    return call;
  }

  function showArguments({ contentIndex }: OpenCall, delta: string): void {
    if (delta) onStep({ type: 'toolcall_delta', contentIndex, delta });
  }

  function redact(text: string): string {
    const whole = redactStream();
    return whole.push(text) + whole.end();
  }

  function endCall(call: OpenCall): void {
    if (call.isEnded) return;
    call.isEnded = true;
    showArguments(call, call.redactor.end());
    onStep({ type: 'toolcall_end', contentIndex: call.contentIndex });
  }

  return {
    get finish() {
      return finish;
    },
    get fault() {
      return fault;
    },
    add(part) {
      switch (part.type) {
        case 'text-delta':
          return addText(part.id, part.delta);
        case 'text-end':
          return end('text', part.id);
        case 'reasoning-start':
          return addThinking(part.id, '', part.providerMetadata);
        case 'reasoning-delta':
          return addThinking(part.id, part.delta, part.providerMetadata);
        case 'reasoning-end':
          return end('thinking', part.id);
        case 'tool-input-start':
          callOf(part.id, part.toolName);
          return;
        case 'tool-input-delta': {
          const call = calls.get(part.id);
          if (!call || !part.delta) return;
          call.json += part.delta;
          showArguments(call, call.redactor.push(part.delta));
          return;
        }
        case 'tool-call': {
          const call = callOf(part.toolCallId, part.toolName);
          call.json = part.input;
          call.isComplete = true;
          endCall(call);
          return;
        }
        case 'finish':
          finish = { reason: part.finishReason, usage: part.usage };
          return;
        case 'error':
          fault ??= { error: part.error };
          return;
        default:
          // Sources, files, raw chunks and what providers add later carry nothing that a message keeps.
          return;
      }
    },
    content() {
      const isCutOff = cutOffReasons.has(finish?.reason.unified);
      for (const call of calls.values()) {
        const isLastBlock = call.contentIndex === content.length - 1;
        settleCall(call, !call.isComplete || (isCutOff && isLastBlock), redact);
      }
      // A provider takes signed thinking back only as it was.
      for (const [block, thought] of thoughts) if (block.thinking !== thought) delete block.thinkingSignature;
      return content;
    },
  };
}

/** A call that the limit or the line cut off may still parse, for instance as `{}`: it counts as broken all the same. */
function settleCall({ block, json }: OpenCall, isCutOff: boolean, redact: (text: string) => string): void {
  if (isCutOff) {
    block.invalid = 'The arguments were cut off before their end.';
    return;
  }
  const parsed = parseArguments(json);
  if (!parsed) {
    block.invalid = 'The arguments are not a JSON object.';
    return;
  }
  const clean = redactDeep(parsed, redact);
  const text = JSON.stringify(clean);
  if (redact(text) === text) block.arguments = clean;
  else block.invalid = 'The arguments hold a secret of this server.';
}

function parseArguments(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json.trim() || '{}');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

export function usageOf(usage: LanguageModelV4Usage | undefined, facts: ModelFacts): MessageUsage {
  const cacheRead = usage?.inputTokens.cacheRead ?? 0;
  const cacheWrite = usage?.inputTokens.cacheWrite ?? 0;
  const total = usage?.inputTokens.total ?? 0;
  const input = usage?.inputTokens.noCache ?? Math.max(0, total - cacheRead - cacheWrite);
  const output = usage?.outputTokens.total ?? 0;
  const tokens = { input, output, cacheRead, cacheWrite };
  return { ...tokens, totalTokens: input + output + cacheRead + cacheWrite, cost: costOf(facts, tokens) };
}

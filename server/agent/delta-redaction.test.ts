import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { describe, expect, test } from 'vitest';
import type { MessageStep } from '../contract/events.ts';
import { createReplyBuilder } from './reply.ts';
import { redactorOf } from './testing/harness.ts';

const secret = 'sk-live-0123456789abcdef';
const marker = '[redacted MY_KEY]';
const { stream } = redactorOf({ MY_KEY: secret });

type Kind = 'text' | 'thinking' | 'arguments';
const kinds: Kind[] = ['text', 'thinking', 'arguments'];

function partsOf(kind: Kind, pieces: string[]): LanguageModelV4StreamPart[] {
  if (kind === 'arguments') {
    return [
      { type: 'tool-input-start', id: 'c', toolName: 'Echo' },
      ...pieces.map((delta) => ({ type: 'tool-input-delta' as const, id: 'c', delta })),
      { type: 'tool-call', toolCallId: 'c', toolName: 'Echo', input: pieces.join('') },
    ];
  }
  const name = kind === 'text' ? 'text' : 'reasoning';
  return [
    { type: `${name}-start`, id: 'b' },
    ...pieces.map((delta) => ({ type: `${name}-delta` as const, id: 'b', delta })),
    { type: `${name}-end`, id: 'b' },
  ];
}

const finish: LanguageModelV4StreamPart = {
  type: 'finish',
  finishReason: { unified: 'stop', raw: 'stop' },
  usage: {
    inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 1, text: 1, reasoning: 0 },
  },
};

function build(parts: LanguageModelV4StreamPart[], redactStream?: () => ReturnType<typeof stream>) {
  const steps: MessageStep[] = [];
  const reply = createReplyBuilder((step) => steps.push(step), redactStream);
  for (const part of parts) reply.add(part);
  const content = reply.content();
  return { steps, content, deltas: steps.map((step) => ('delta' in step ? step.delta : '')).join('') };
}

describe.each(kinds)('a secret in the %s', (kind) => {
  const whole = kind === 'arguments' ? `{"text":"use ${secret} now"}` : `use ${secret} now`;
  const clean = whole.replace(secret, marker);

  test('gets out at no cut between two deltas', () => {
    for (let cut = 0; cut <= whole.length; cut += 1) {
      const { steps, content, deltas } = build(
        [...partsOf(kind, [whole.slice(0, cut), whole.slice(cut)]), finish],
        stream,
      );
      expect(deltas).toBe(clean);
      for (const step of steps) expect(JSON.stringify(step)).not.toContain(secret);
      expect(JSON.stringify(content)).not.toContain(secret);
      expect(JSON.stringify(content)).toContain(marker);
    }
  });

  test('gets out in no delta of one character each, and the message is what the deltas said', () => {
    const { content, deltas } = build([...partsOf(kind, [...whole]), finish], stream);
    expect(deltas).toBe(clean);
    const [block] = content;
    const told = { text: clean, thinking: clean, arguments: JSON.parse('{"text":"use [redacted MY_KEY] now"}') };
    expect(block).toMatchObject({ [kind]: told[kind] });
  });

  test('does not show its beginning when the stream breaks off', () => {
    const begun = partsOf(kind, [whole.slice(0, whole.indexOf(secret) + secret.length - 1)]).slice(0, -1);
    const { deltas, content } = build(begun, stream);
    expect(deltas).toContain('use ');
    expect(deltas).not.toContain('sk-live');
    expect(JSON.stringify(content)).not.toContain('sk-live');
  });

  test('is passed on as it is when it is none', () => {
    const other = redactorOf({ OTHER: 'nothing-like-that-0' });
    const { deltas } = build([...partsOf(kind, [...whole]), finish], other.stream);
    expect(deltas).toBe(whole);
    expect(build([...partsOf(kind, [...whole]), finish]).deltas).toBe(whole);
  });
});

test('arguments hide a secret neither behind escapes nor in names, numbers or depth', () => {
  const redactor = redactorOf({ MY_KEY: secret, PIN: '1234567890' });
  const escaped = [...secret].map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
  const json = `{"a":[{"b":"${escaped}"}],"${secret}":1,"n":1234567890,"kept":12}`;
  const { content } = build([...partsOf('arguments', [json]), finish], redactor.stream);
  expect(content).toEqual([
    {
      type: 'toolCall',
      id: 'c',
      name: 'Echo',
      arguments: { a: [{ b: marker }], [marker]: 1, n: '[redacted PIN]', kept: 12 },
    },
  ]);
});

test('arguments whose own punctuation is a secret are not run', () => {
  const redactor = redactorOf({ ODD: '"a":"b","c"' });
  const { content } = build([...partsOf('arguments', ['{"a":"b","c":"d"}']), finish], redactor.stream);
  expect(content).toEqual([
    expect.objectContaining({ arguments: {}, invalid: 'The arguments hold a secret of this server.' }),
  ]);
});

test('thinking that was changed is not sent back under the signature of what it was', () => {
  const signed = (text: string): LanguageModelV4StreamPart[] => [
    { type: 'reasoning-start', id: 'b' },
    { type: 'reasoning-delta', id: 'b', delta: text },
    { type: 'reasoning-delta', id: 'b', delta: '', providerMetadata: { anthropic: { signature: 'proof' } } },
    { type: 'reasoning-end', id: 'b' },
    finish,
  ];
  expect(build(signed(`it is ${secret}`), stream).content).toEqual([{ type: 'thinking', thinking: `it is ${marker}` }]);
  expect(build(signed('it is fine'), stream).content).toEqual([
    { type: 'thinking', thinking: 'it is fine', thinkingSignature: 'proof' },
  ]);
});

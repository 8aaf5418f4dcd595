import { afterEach, describe, expect, test } from 'vitest';
import type { AssistantMessage, Message } from '../../contract/messages.ts';
import { echoTool, modelAt, runTestLoop, userMessage, wires } from '../testing/harness.ts';
import { type MockReply, type MockUpstream, startMockUpstream } from '../testing/mock-upstream.ts';
import { createToolSpecs } from '../tool-specs.ts';
import { estimateMessage, estimateText } from './token-estimate.ts';
import { createTokenMeter } from './token-meter.ts';

let upstream: MockUpstream | undefined;
afterEach(() => upstream?.close());

describe('the estimate of a text', () => {
  test.each([
    ['four Latin characters make a token', 'word'.repeat(100), 100],
    ['a Chinese, Japanese or Korean character is one', '你好世界こんにちは안녕', 11],
    ['Cyrillic and Arabic make one of two', 'привет мир', 5],
    ['an emoji is two', '\ud83d\ude00\ud83d\ude00', 4],
    ['nothing is nothing', '', 0],
  ])('%s', (_name, text, tokens) => {
    expect(Math.abs(estimateText(text) - tokens)).toBeLessThanOrEqual(1);
  });

  test('images count whatever their bytes are', () => {
    const image = (size: number): Message => ({
      role: 'user',
      content: [{ type: 'image', data: 'A'.repeat(size), mimeType: 'image/png' }],
      timestamp: 1,
    });
    expect(estimateMessage(image(4_000_000))).toBe(estimateMessage(image(4)));
    expect(estimateMessage(image(4))).toBeGreaterThan(1000);
  });
});

describe.each(wires)('what the mock counts through the %s package', (wire) => {
  test('is foretold within a third before the first call, and within a tenth after it', async () => {
    const script = (_request: unknown, index: number): MockReply =>
      index < 3
        ? { blocks: [{ type: 'toolCall', name: 'Echo', args: { text: 'The stars are far away. '.repeat(40) } }] }
        : { blocks: [{ type: 'text', text: 'They are.' }] };
    upstream = await startMockUpstream({ script });
    const messages = [userMessage('How far away are the stars? '.repeat(40))];
    const { turns } = await runTestLoop(modelAt(wire, upstream), { tools: [echoTool], messages });
    const fixed = estimateText('You are a test.') + createToolSpecs()([echoTool]).toolTokens;
    const meter = createTokenMeter(messages, fixed);
    let prompt: Message[] = [...messages];
    const misses = turns.map(({ message, toolResults }) => {
      const { input, cacheRead, cacheWrite } = message.usage;
      const counted = input + cacheRead + cacheWrite;
      const miss = Math.abs(meter.tokensOf(prompt) - counted) / counted;
      meter.counted(prompt, message);
      prompt = [...prompt, message, ...toolResults];
      return miss;
    });
    expect(misses[0]).toBeLessThan(0.34);
    expect(Math.max(...misses.slice(1))).toBeLessThan(0.1);
  });
});

describe('after the prompt was shortened', () => {
  const usage = { input: 600, output: 0, cacheRead: 0, cacheWrite: 0, totalTokens: 600 };
  const cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 };
  const said = (change: Partial<AssistantMessage> = {}): AssistantMessage => ({
    role: 'assistant',
    content: [{ type: 'text', text: 'yes' }],
    provider: 'p',
    model: 'm',
    usage: { ...usage, cost },
    stopReason: 'stop',
    timestamp: 5,
    ...change,
  });
  const ask = (text: string): Message => ({ role: 'user', content: text, timestamp: 1 });

  test('the estimate of what is left is corrected by how far off it was', () => {
    const history = [ask('word'.repeat(296)), said()];
    const meter = createTokenMeter(history, 0);
    expect(meter.tokensOf(history)).toBe(600);
    meter.shortened();
    expect(meter.tokensOf([ask('word'.repeat(96))])).toBeGreaterThan(180);
    expect(meter.tokensOf([ask('word'.repeat(96))])).toBeLessThan(220);
  });

  test.each([
    ['that broke off', said({ stopReason: 'error' })],
    ['to a shortened prompt', said({ isPromptShortened: true })],
    ['from before a summary', said({ timestamp: 0 })],
    ['without usage', said({ usage: { ...usage, totalTokens: 0, cost } })],
  ])('the usage of an answer %s is not believed', (_name, answer) => {
    const history = [ask('word'.repeat(100)), answer];
    expect(createTokenMeter(history, 0).tokensOf(history)).toBeLessThan(150);
  });
});

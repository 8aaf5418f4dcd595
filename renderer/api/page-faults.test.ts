import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PageFaults } from '../../server/contract/page-faults.ts';
import { addressForLog, createPageFaults, faultOf } from './page-faults.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function open(answers: (boolean | Error)[] = []) {
  const sent: PageFaults[] = [];
  const log = createPageFaults({
    page: () => '/logs',
    async send(faults) {
      sent.push(structuredClone(faults));
      const answer = answers.shift() ?? true;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  return { log, sent };
}

describe('faults of this page', () => {
  it('that come together are told together, the same one once with how often it came', async () => {
    const { log, sent } = open();
    for (let count = 0; count < 3; count++) log.note({ kind: 'request', message: 'GET: failed', target: '/x' });
    log.note({ kind: 'error', message: 'odd', source: '/a.js:1:2', stack: 'at a' });
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent).toEqual([
      {
        faults: [
          { kind: 'request', message: 'GET: failed', page: '/logs', target: '/x', times: 3 },
          { kind: 'error', message: 'odd', page: '/logs', source: '/a.js:1:2', stack: 'at a', times: 1 },
        ],
        left: 0,
      },
    ]);
  });

  it('are bounded in number and length', async () => {
    const { log, sent } = open();
    for (let count = 0; count < 50; count++) log.note({ kind: 'error', message: `${count} ${'x'.repeat(5000)}` });
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent[0]?.faults).toHaveLength(20);
    expect(sent[0]?.left).toBe(30);
    expect(sent[0]?.faults.every(({ message }) => message.length === 1000)).toBe(true);
  });

  it('wait for a console that does not answer, in their order, asked less and less often', async () => {
    const { log, sent } = open([new Error('away'), new Error('away'), true]);
    log.note({ kind: 'error', message: 'first' });
    await vi.advanceTimersByTimeAsync(1000);
    log.note({ kind: 'error', message: 'second' });
    await vi.advanceTimersByTimeAsync(3999);
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(sent).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(16_000);
    expect(sent[2]?.faults.map(({ message }) => message)).toEqual(['first', 'second']);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(sent).toHaveLength(3);
  });

  it('are kept back for good once the console refuses them, and after the end', async () => {
    const refused = open([false]);
    refused.log.note({ kind: 'error', message: 'a' });
    await vi.advanceTimersByTimeAsync(1000);
    refused.log.note({ kind: 'error', message: 'b' });
    const closed = open();
    closed.log.note({ kind: 'error', message: 'a' });
    closed.log.close();
    await vi.advanceTimersByTimeAsync(100_000);
    expect([refused.sent.length, closed.sent.length]).toEqual([1, 0]);
  });

  it('leave out what browsers say without need', async () => {
    const { log, sent } = open();
    log.note({ kind: 'error', message: 'ResizeObserver loop completed with undelivered notifications.' });
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent).toEqual([]);
  });

  it('tell of anything that was thrown, and of no address what it asks for', () => {
    expect(faultOf('rejection', 'plain')).toEqual({ kind: 'rejection', message: 'plain' });
    expect(faultOf('error', new RangeError('far'))).toMatchObject({
      message: 'RangeError: far',
      stack: expect.any(String),
    });
    expect(addressForLog('https://a.example/b?token=1#c')).toBe('https://a.example/b');
    expect(addressForLog('data:text/html,secret')).toBe('data:');
  });
});

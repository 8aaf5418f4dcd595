import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noUsage } from '../run-usage.ts';
import { type AgentState, applyMail, freshState, isSettled, type MailLine } from './agent-state.ts';

const jobId = fc.integer({ min: 0, max: 6 }).map((n) => `job_${n}`);
const line: fc.Arbitrary<MailLine> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('message' as const), jobId, text: fc.string(), at: fc.nat() }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('started' as const), jobId, at: fc.nat() }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('ended' as const),
      jobId,
      outcome: fc.constantFrom('completed' as const, 'failed' as const, 'interrupted' as const),
      result: fc.string(),
      usage: fc.constant(noUsage()),
      at: fc.nat(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('closed' as const), reason: fc.string(), at: fc.nat() }) },
);

describe('the state of an agent', () => {
  it('is sound after any lines in any order', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
        let state: AgentState = freshState;
        for (const next of lines) {
          const before = state;
          state = applyMail(state, next);
          if (before.status === 'closed') expect(state).toBe(before);
          expect(state.current === undefined || state.status === 'running').toBe(true);
          expect(state.status === 'closed' ? state.queue : []).toEqual([]);
          if (state.current) expect(isSettled(state)).toBe(false);
        }
      }),
    );
  });

  it('keeps every message until it is begun, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 10 }), fc.nat({ max: 10 }), (texts, begun) => {
        const lines: MailLine[] = texts.map((text, index) => ({ type: 'message', jobId: `job_${index}`, text, at: 0 }));
        const ends = texts.slice(0, begun).flatMap((_, index): MailLine[] => [
          { type: 'started', jobId: `job_${index}`, at: 1 },
          { type: 'ended', jobId: `job_${index}`, outcome: 'completed', result: 'r', usage: noUsage(), at: 2 },
        ]);
        const state = [...lines, ...ends].reduce(applyMail, freshState);
        expect(state.queue.map(({ text }) => text)).toEqual(texts.slice(begun));
      }),
    );
  });

  it('remembers what it was at when it was stopped, until it answers', () => {
    const lines: MailLine[] = [
      { type: 'message', jobId: 'a', text: 'first', at: 0 },
      { type: 'started', jobId: 'a', at: 1 },
      { type: 'ended', jobId: 'a', outcome: 'interrupted', usage: noUsage(), at: 2 },
      { type: 'message', jobId: 'b', text: 'second', at: 3 },
      { type: 'started', jobId: 'b', at: 4 },
    ];
    expect(lines.reduce(applyMail, freshState)).toMatchObject({
      unfinished: { text: 'first' },
      current: { text: 'second' },
    });
    const done = [
      ...lines,
      { type: 'ended', jobId: 'b', outcome: 'completed', result: 'yes', usage: noUsage(), at: 5 } as const,
    ];
    expect(done.reduce(applyMail, freshState)).toMatchObject({ status: 'idle', answer: 'yes' });
    expect(done.reduce(applyMail, freshState).unfinished).toBeUndefined();
  });
});

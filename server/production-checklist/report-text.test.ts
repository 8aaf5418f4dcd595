import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ChecklistResult } from '../contract/checklist.ts';
import { checklistSentences, fillWords } from '../contract/checklist-words.ts';
import { reportOf } from './judge.ts';
import { toMarkdown, verdictOf } from './report-text.ts';

const now = Date.UTC(2026, 0, 15, 12);

function result(change: Partial<ChecklistResult> = {}): ChecklistResult {
  return {
    state: 'failed',
    code: 'disk_full',
    params: { percent: '1' },
    evidence: [],
    testedAt: now,
    durationMs: 3,
    ...change,
  };
}

it('the report tells verdict, state, sentence, fix, evidence and waiver of each item', () => {
  const waiver = { reason: 'A new disk comes', since: now, expiresAt: now + 86_400_000, state: 'failed' as const };
  const kept = {
    results: {
      disk: result({ evidence: [{ name: 'free', value: '0.1 GB' }], fix: 'open_data' }),
      docker: result({ code: 'docker_missing', params: { problem: 'Start it.' } }),
    },
    waivers: { disk: waiver },
  };
  const report = reportOf(kept, { version: '1.2.3', now });
  expect(verdictOf(report)).toBe('1 thing to fix, 1 waived');
  const text = toMarkdown(report);
  expect(text).toContain('# Production readiness: 1 thing to fix, 1 waived');
  expect(text).toContain('### The disk has headroom: failed, waived');
  expect(text).toContain('Waived on 2026-01-15 12:00 UTC, until 2026-01-16 12:00 UTC: A new disk comes');
  expect(text).toContain('- `free`: `0.1 GB`');
  expect(text).toContain('Fix: Open Data');
  expect(text).toContain('Docker is not connected: Start it.');
  expect(text).toContain('### The clock is right: not tested');
  const later = toMarkdown(reportOf(kept, { version: '1.2.3', now: now + 86_400_000 }));
  expect(later).toContain('### The disk has headroom: failed\n');
  expect(later).toContain('counts no more: A new disk comes');
});

it('no text of others becomes a heading, a link or a list of the report', () => {
  const hostile = fc.string({ unit: fc.constantFrom('#', '\n', '`', '[', ']', '(', '*', '<', '|', 'a', ' ', '-') });
  const shape = (text: string) => text.split('\n').filter((line) => /^(#|\s*[-*] (?!`)|>|\|)/.test(line)).length;
  const render = (name: string, value: string, reason: string) => {
    const docker = result({ code: 'docker_missing', params: { problem: reason }, evidence: [{ name, value }] });
    return toMarkdown(reportOf({ results: { docker }, waivers: {} }, { version: '1', now }));
  };
  const plain = shape(render('name', 'value', 'reason'));
  fc.assert(
    fc.property(hostile, hostile, hostile, (name, value, reason) => {
      expect(shape(render(name, value, reason))).toBe(plain);
    }),
  );
});

it('a gap without a value stays empty, and values are put in as they are', () => {
  expect(fillWords('{{a}} and {{b}}', { a: '{{b}}' })).toBe('{{b}} and ');
  for (const text of Object.values(checklistSentences)) expect(text).toMatch(/[.!?]$|\{\{\w+\}\}$/);
});

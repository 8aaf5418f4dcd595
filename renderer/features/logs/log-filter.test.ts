import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logSources } from '../../../server/contract/log-sources.ts';
import { type LogLine, logFilterSchema } from '../../../server/contract/logs.ts';
import { rowsOf } from './log-fields.tsx';
import {
  type Filter,
  faultOfRegex,
  logLevels,
  matchesLine,
  noFilter,
  readFilter,
  spans,
  toQuery,
  writeFilter,
} from './log-filter.ts';

const run: LogLine = {
  ...{ seq: 1, time: 1000, level: 'warn', component: 'http', msg: 'Refused', runId: 'r1', tenantId: 'acme' },
  fields: { reason: 'Too MANY requests', status: 429, error: { code: 'EBUSY' } },
};

const anyFilter: fc.Arbitrary<Filter> = fc.record({
  minLevel: fc.constantFrom(...logLevels),
  source: fc.constantFrom('' as const, ...logSources),
  component: fc.string({ maxLength: 20 }),
  tenantId: fc.string({ maxLength: 20 }),
  sessionId: fc.string({ maxLength: 20 }),
  runId: fc.string({ maxLength: 20 }),
  text: fc.string({ maxLength: 50, unit: 'grapheme' }),
  exclude: fc.string({ maxLength: 50 }),
  since: fc.constantFrom('' as const, ...spans),
  fromTime: fc.oneof(fc.constant(''), fc.nat().map(String)),
  toTime: fc.oneof(fc.constant(''), fc.nat().map(String)),
  fields: fc.array(
    fc.record({
      path: fc.array(fc.string({ maxLength: 10 }), { minLength: 1, maxLength: 4 }),
      value: fc.string({ maxLength: 30 }),
      isNot: fc.boolean(),
    }),
    { maxLength: 4 },
  ),
});

describe('the log filter', () => {
  it('is the same after a way through the address, and the console understands it', () => {
    fc.assert(
      fc.property(anyFilter, (filter) => {
        expect(readFilter(new URLSearchParams(writeFilter(filter).toString()))).toEqual(filter);
        const query = toQuery(filter, 1_000_000_000);
        const read = logFilterSchema.parse(Object.fromEntries(new URLSearchParams(query)));
        expect(read.text ?? '').toBe(filter.text);
        expect(read.fields ?? []).toEqual(filter.fields);
      }),
    );
  });

  it('reads any address without a fault', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...Object.keys(noFilter)), fc.oneof(fc.string(), fc.json())),
        (search) => {
          expect(() => toQuery(readFilter(new URLSearchParams(search)), 0)).not.toThrow();
        },
      ),
    );
  });

  it('keeps a line only when every part of it agrees', () => {
    const matches = (part: Partial<Filter>) => matchesLine({ ...noFilter, ...part }, run);
    const field = (path: string[], value: string, isNot = false) => ({ fields: [{ path, value, isNot }] });
    expect(matches({})).toBe(true);
    expect(matches({ minLevel: 'error' })).toBe(false);
    expect(matches({ source: 'server' })).toBe(true);
    expect(matches({ source: 'runs' })).toBe(false);
    expect(matches({ component: 'run' })).toBe(false);
    expect(matches({ tenantId: 'acme', runId: 'r1' })).toBe(true);
    expect(matches({ runId: 'r2' })).toBe(false);
    expect(matches({ text: 'many req' })).toBe(true);
    expect(matches({ text: 'tenantId' })).toBe(false);
    expect(matches({ exclude: 'MANY' })).toBe(false);
    expect(matches({ fromTime: '1001' })).toBe(false);
    expect(matches({ toTime: '1000' })).toBe(true);
    expect(matches(field(['fields', 'status'], '429'))).toBe(true);
    expect(matches(field(['fields', 'error', 'code'], 'EBUSY', true))).toBe(false);
    expect(matches(field(['fields', 'nothing'], 'x', true))).toBe(true);
    expect(matches(field(['fields', 'constructor', 'name'], 'Object'))).toBe(false);
  });

  it('asks the console only for what is set, and counts back from now', () => {
    expect(toQuery(noFilter, 0)).toEqual({});
    expect(toQuery({ ...noFilter, minLevel: 'warn', since: '15m' }, 1_000_000)).toEqual({
      minLevel: 'warn',
      fromTime: '100000',
    });
  });

  it('says what is wrong with an expression and lets plain text be', () => {
    expect(faultOfRegex('/(/')).toBeDefined();
    expect(faultOfRegex('/a+/i')).toBeUndefined();
    expect(faultOfRegex('(')).toBeUndefined();
  });

  it('gives each value in a line its path', () => {
    expect(rowsOf(run).map(({ path }) => path.join('.'))).toEqual([
      ...['msg', 'component', 'tenantId', 'runId', 'fields.reason', 'fields.status', 'fields.error.code'],
    ]);
  });
});

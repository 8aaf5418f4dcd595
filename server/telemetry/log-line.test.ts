import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeLine, parseLine, redactLine } from './log-line.ts';
import type { LogContext } from './logger.ts';

const plain = { redact: (text: string) => text };
const hiding = (secret: string) => ({ redact: (text: string) => text.replaceAll(secret, '[redacted KEY]') });

function make(fields?: Record<string, unknown>, context: LogContext = {}, redactor = plain) {
  return makeLine({ seq: 1, time: 5, level: 'info', msg: 'hello', context, fields }, () => redactor);
}

test('a line carries its context, and ids among the fields go to the top', () => {
  const { line, text } = make({ runId: 'run_2', count: 3 }, { component: 'run', sessionId: 'ses_1', runId: 'run_1' });
  expect(line).toEqual({
    seq: 1,
    time: 5,
    level: 'info',
    component: 'run',
    msg: 'hello',
    runId: 'run_2',
    sessionId: 'ses_1',
    fields: { count: 3 },
  });
  expect(parseLine(text)).toEqual(line);
});

test('an error is told by name, code, message and cause; its stack has a field of its own', () => {
  const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  const { line } = make({ error: new TypeError('no answer', { cause }) });
  expect(line.fields?.error).toEqual({
    name: 'TypeError',
    message: 'no answer',
    cause: { name: 'Error', code: 'ECONNREFUSED', message: 'refused' },
  });
  expect(line.fields?.stack).toContain('TypeError: no answer');
  expect(JSON.stringify(line.fields?.error)).not.toContain(import.meta.filename);
});

test('what JSON cannot carry is told instead', () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const trap = Object.defineProperty({}, 'boom', {
    enumerable: true,
    get() {
      throw new Error('no');
    },
  });
  const { line } = make({
    circle,
    trap,
    big: 12n,
    nan: Number.NaN,
    symbol: Symbol('x'),
    run: () => 1,
    bytes: new Uint8Array(3),
    map: new Map([['a', 1]]),
    when: new Date(0),
    bad: new Date(Number.NaN),
    url: new URL('http://localhost/x'),
  });
  expect(line.fields).toEqual({
    circle: { self: '[circular]' },
    trap: { boom: '[unreadable]' },
    big: '12',
    nan: 'NaN',
    symbol: '[symbol]',
    run: '[function]',
    bytes: '[3 bytes]',
    map: [['a', 1]],
    when: '1970-01-01T00:00:00.000Z',
    bad: 'Invalid Date',
    url: 'http://localhost/x',
  });
});

test('a huge string is cut at 8 KiB and a huge line at 64 KiB, by whole fields', () => {
  const { line } = make({ text: 'x'.repeat(1_000_000) });
  expect(String(line.fields?.text)).toHaveLength(8192 + '… (1000000 characters)'.length);
  const many = make(Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`f${at}`, 'y'.repeat(8000)])));
  expect(many.text.length).toBeLessThanOrEqual(65_536);
  expect(many.line.fields?.omittedFields).toHaveLength(10);
});

test('an object that drags a graph along stays small', () => {
  const wide = (depth: number): unknown =>
    depth === 0
      ? 'leaf'
      : Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`k${at}`, at < 3 ? wide(depth - 1) : 1]));
  expect(make({ graph: wide(7) }).text.length).toBeLessThanOrEqual(65_536);
});

test('a secret that the cut would split is taken out before the cut', () => {
  const secret = 'S3CR3T-VALUE-0123456789';
  const { text } = make({ text: `${'x'.repeat(8185)}${secret}${'x'.repeat(50)}` }, {}, hiding(secret));
  expect(text).not.toContain(secret.slice(0, 5));
});

test('redaction reaches field names, nesting, ids and stacks', () => {
  const secret = 'S3CR3T-VALUE-0123456789';
  const { text, line } = make(
    { [secret]: 1, deep: [{ a: { b: secret } }], error: new Error(secret), requestId: secret },
    { component: secret },
    hiding(secret),
  );
  expect(text).not.toContain(secret);
  expect(line.fields?.['[redacted KEY]']).toBe(1);
});

test('a line stays valid JSON, and never holds the secret, when it begins inside an escape or a number', () => {
  const escaped = makeLine(
    { seq: 1, time: 5, level: 'info', msg: 'a\nbcdefghij', context: {}, fields: undefined },
    () => hiding('nbcdefghij'),
  );
  expect(parseLine(escaped.text)?.msg).toContain('withheld');
  expect(escaped.text).not.toContain('nbcdefghij');
  const number = make({ account: 1_234_567_890_123 }, {}, hiding('45678901'));
  expect(parseLine(number.text)?.fields?.account).toBe('123[redacted KEY]23');
});

test('a line that cannot be redacted is withheld', () => {
  const failing = {
    redact() {
      throw new Error('broken');
    },
  };
  const { line } = makeLine(
    { seq: 1, time: 5, level: 'info', msg: 'S3CR3T', context: {}, fields: undefined },
    () => failing,
  );
  expect(line.msg).toBe('This line was withheld: it could not be redacted.');
});

test('any value makes a valid line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.dictionary(fc.string(), fc.anything()), (msg, fields) => {
      const { text, line } = makeLine({ seq: 1, time: 5, level: 'warn', msg, context: {}, fields }, () => plain);
      expect(text).not.toContain('\n');
      expect(parseLine(text)).toEqual(JSON.parse(JSON.stringify(line)));
    }),
  );
});

test('alien text is no line', () => {
  for (const text of ['', 'x', '{}', '[]', 'null', '{"seq":"1","time":1,"level":"info","component":"a","msg":"b"}']) {
    expect(parseLine(text)).toBeUndefined();
  }
  const line = { seq: 1, time: 1, level: 'info' as const, component: 'a', msg: 'b' };
  expect(redactLine(line, plain).line).toBe(line);
});

test('a secret that is printed over several lines is found before JSON makes letters of its line breaks', () => {
  const folding = { redact: (text: string) => text.replaceAll(/sec\r?\nret/g, '[redacted KEY]') };
  const { line, text } = make({ stdout: 'it is sec\nret', deep: { errors: ['sec\r\nret'] } }, {}, folding);
  expect(line.fields).toEqual({ stdout: 'it is [redacted KEY]', deep: { errors: ['[redacted KEY]'] } });
  expect(text).not.toContain('ret"');
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLiveRedactor, createSecretMatcher } from '../redactor.ts';
import { redactJsonLine } from './redact-json.ts';

const value = 'nabc-canary/7"Vn\\2=é~Q';
const matcher = createSecretMatcher([
  { name: 'MY_KEY', value },
  { name: 'PIN', value: '1234567890' },
]);
const { redact } = createLiveRedactor(() => matcher);

test('a line stays JSON of the same shape, and holds no value in names, texts or numbers', () => {
  const part = fc.oneof(
    fc.constant(value),
    fc.constant(1234567890),
    fc.constant(Buffer.from(value).toString('base64')),
  );
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), part, fc.string(), (json, secret, name) => {
      const line = JSON.stringify({ json, [`${name}${value}`]: secret, list: [secret, { text: `x ${secret}` }] });
      const clean = redactJsonLine(line, redact);
      const parsed = JSON.parse(clean);
      expect(redact(clean)).toBe(clean);
      expect(JSON.stringify(parsed)).not.toContain('canary');
      expect(JSON.stringify(parsed.json)).toBe(JSON.stringify(json));
    }),
  );
});

test('a line without a value comes back as it was, byte for byte', () => {
  for (const line of ['{"a": 1.50, "b" : 98765432109876543210}', '[]', '"text"', '{"a":"\\u0041"}'])
    expect(redactJsonLine(line, redact)).toBe(line);
});

test('an escape that looks like the beginning of a value is left alone', () => {
  const line = JSON.stringify({ text: `\n${value.slice(1)}` });
  expect(JSON.parse(redactJsonLine(line, redact))).toEqual({ text: `\n${value.slice(1)}` });
});

test('a line that was cut short loses the value all the same', () => {
  expect(redactJsonLine(`{"a":${JSON.stringify(value)},"b`, redact)).toBe('{"a":"[redacted MY_KEY]","b');
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formsOf } from '../secret-forms.ts';
import { createByteMatcher, type Hit, type Wanted } from './byte-matcher.ts';

const value = 'sk-canary/7"Vn+9mZ&cR4=é~Q';
const token = `art_${'aB3-_'.repeat(8)}xyz`;
const wanted = (text: string, name = 'MY_KEY', isInForce = true): Wanted => ({ name, value: text, isInForce });

function search(matcher: ReturnType<typeof createByteMatcher>, bytes: Buffer, cuts: readonly number[] = []): Hit[] {
  const scanner = matcher.scanner();
  const places = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  const hits = places.slice(1).flatMap((end, at) => scanner.push(bytes.subarray(places[at], end)));
  return [...hits, ...scanner.end()];
}

describe('the search in bytes', () => {
  test('tells line, offset and whether it stands there as it is', () => {
    const matcher = createByteMatcher([wanted(value)]);
    const text = Buffer.from(`中\n\nx ${value}\n${Buffer.from(value).toString('hex')}`);
    expect(search(matcher, text)).toEqual([
      { name: 'MY_KEY', isToken: false, isInForce: true, offset: 7, line: 3, isPlain: true },
      { name: 'MY_KEY', isToken: false, isInForce: true, offset: text.lastIndexOf('\n') + 1, line: 4, isPlain: false },
    ]);
  });

  test('finds every form at any offset, however the bytes are cut, each one once', () => {
    const matcher = createByteMatcher([wanted(value)]);
    const forms = [...formsOf(value)].filter((form) => !/[\r\n]/.test(form));
    const around = fc
      .uint8Array({ maxLength: 40 })
      .map((bytes) => Buffer.from(bytes.filter((byte) => byte < 32 && byte !== 27)));
    fc.assert(
      fc.property(fc.constantFrom(...forms), around, around, fc.array(fc.nat(200)), (form, before, after, cuts) => {
        const bytes = Buffer.concat([before, Buffer.from('|'), Buffer.from(form), Buffer.from('|'), after]);
        const hits = search(
          matcher,
          bytes,
          cuts.filter((cut) => cut <= bytes.length),
        );
        expect(hits).toHaveLength(1);
        expect(hits[0]?.line).toBe(1 + before.filter((byte) => byte === 10).length);
      }),
      { numRuns: 500 },
    );
  });

  test('finds base64 of any text that holds the value', () => {
    const matcher = createByteMatcher([wanted(value)]);
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        fc.constantFrom('base64', 'base64url'),
        (a, b, form) => {
          const bytes = Buffer.from(Buffer.from(`${a}${value}${b}`).toString(form as BufferEncoding));
          expect(search(matcher, bytes).length).toBeGreaterThan(0);
        },
      ),
    );
  });

  test('finds nothing in bytes that hold no value', () => {
    const matcher = createByteMatcher([wanted(value)], { tokenName: () => 'CI' });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), fc.array(fc.nat(5000)), (bytes, cuts) => {
        expect(
          search(
            matcher,
            Buffer.from(bytes),
            cuts.filter((cut) => cut <= bytes.length),
          ),
        ).toEqual([]);
      }),
    );
  });

  test('holds no more than the longest form while it reads', () => {
    const matcher = createByteMatcher([wanted(value)]);
    const scanner = matcher.scanner();
    const piece = Buffer.from(value.slice(0, -1).repeat(100));
    for (let count = 0; count < 200; count += 1) expect(scanner.push(piece)).toEqual([]);
    expect(scanner.push(Buffer.from(value.slice(-1)))).toHaveLength(1);
  });

  test('two values that have a form in common count as the one in force', () => {
    const matcher = createByteMatcher([wanted(value, 'OLD', false), wanted(value, 'NEW', true)]);
    expect(search(matcher, Buffer.from(value))).toMatchObject([{ name: 'NEW', isInForce: true }]);
  });

  test('values that are too short are named and not looked for', () => {
    const matcher = createByteMatcher([wanted('short'), wanted('tiny', 'OTHER', false)]);
    expect(matcher.tooShort).toEqual(['MY_KEY']);
    expect(search(matcher, Buffer.from('short tiny'))).toEqual([]);
  });

  test('named tokens are known wherever they are cut, and what only looks like one is not', () => {
    const matcher = createByteMatcher([], { tokenName: (text) => (text === token ? 'CI' : undefined) });
    const bytes = Buffer.from(`\nBearer ${token} ${token}x ${token.slice(0, -1)} ${token}`);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const hits = search(matcher, bytes, [cut]);
      expect([cut, hits.map(({ name, offset, line }) => [name, offset, line])]).toEqual([
        cut,
        [
          ['CI', 8, 2],
          ['CI', bytes.length - token.length, 2],
        ],
      ]);
    }
  });
});

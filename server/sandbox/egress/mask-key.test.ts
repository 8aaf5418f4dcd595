import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskKey } from './mask-key.ts';

async function pass(pieces: Buffer[], key: string, placeholder: string): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of Readable.from(pieces).pipe(maskKey(key, placeholder))) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('latin1');
}

function cut(text: string, at: number[]): Buffer[] {
  const places = [...new Set(at.map((place) => place % (text.length + 1)))].sort((one, other) => one - other);
  return [0, ...places].map((from, index) => Buffer.from(text.slice(from, places[index] ?? text.length), 'latin1'));
}

describe('an answer of a provider', () => {
  it('never carries the key, however it is cut, and everything else as it was', async () => {
    const text = fc
      .array(fc.constantFrom('ab', 'aba', 'abac', 'x', 'a', 'ÿ'), { maxLength: 30 })
      .map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(), { maxLength: 8 }), async (answer, places) => {
        expect(await pass(cut(answer, places), 'abac', '<->')).toBe(answer.replaceAll('abac', '<->'));
      }),
      { numRuns: 500 },
    );
  });

  it('is handed on at once as far as no key can begin in it', async () => {
    const mask = maskKey('sk-secret', '<->');
    mask.write('data: hello\n\n');
    expect(mask.read()?.toString()).toBe('data: hello\n\n');
    mask.write('data: sk-');
    expect(mask.read()?.toString()).toBe('data: ');
    mask.end('secret!');
    const rest: Buffer[] = [];
    for await (const part of mask) rest.push(part as Buffer);
    expect(Buffer.concat(rest).toString()).toBe('<->!');
  });
});

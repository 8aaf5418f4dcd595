import { describe, expect, it } from 'vitest';
import { looksLikeCredential, maskCredentials } from './credential-like.ts';

describe('what looks like a credential', () => {
  it.each([
    ['sk-0123456789abcdefghij', true],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2ln', true],
    ['postgres://me:secret@db.example/x', true],
    ['postgres://me@db.example/x', false],
    ['an ordinary sentence about sk- and eyJ', false],
  ])('%s: %s', (text, isOne) => {
    expect(looksLikeCredential(text)).toBe(isOne);
    expect(maskCredentials(`before ${text} after`) !== `before ${text} after`).toBe(isOne);
  });

  it.each([
    ['letters', 'a'],
    ['beginnings of a token', 'eyJ-'],
    ['beginnings of a key', '-----BEGIN '],
    ['schemes', 'a://'],
    ['schemes with a name', 'a://b:'],
    ['headers', 'authorization: '],
    ['spaces', ' '],
  ])('a long text of nothing but %s is gone through in time', (_, piece) => {
    // A million characters: quadratic work is minutes, which the limit of a test ends.
    const text = piece.repeat(1_000_000 / piece.length);
    expect(looksLikeCredential(text)).toBe(false);
    expect(maskCredentials(text).length).toBeGreaterThan(0);
  });
});

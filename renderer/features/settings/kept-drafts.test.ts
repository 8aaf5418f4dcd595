import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readKept } from './kept-drafts.ts';

describe('what was typed into the form of settings', () => {
  it('comes back as it was kept', () => {
    const kept = { fields: { 'server.port': '4000' }, rules: { '': { allow: ['Read'], deny: [], ask: [] } } };
    expect(readKept(JSON.stringify(kept))).toEqual(kept);
  });

  it('leaves out settings and rules that are none', () => {
    const stored = { fields: { 'server.port': 4000, nothing: 'x' }, rules: { a: { allow: [1] }, b: null } };
    expect(readKept(JSON.stringify(stored))).toEqual({ fields: {}, rules: {} });
    expect(readKept(null)).toEqual({ fields: {}, rules: {} });
  });

  it('is nothing when the storage holds anything else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (stored) => {
        expect(Object.keys(readKept(stored))).toEqual(['fields', 'rules']);
      }),
    );
  });
});

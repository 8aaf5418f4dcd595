import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSchemaReader } from './tool-schema.ts';

const read = createSchemaReader();

function accepted(schema: unknown) {
  const known = read(schema);
  if (!known.ok) throw new Error(known.reason);
  return known;
}

describe('a schema of a stranger', () => {
  it('is told to the model without what providers refuse, and checked with it', () => {
    const { forModel, check } = accepted({
      $schema: 'http://json-schema.org/draft-07/schema#',
      $id: 'https://example.com/x',
      properties: { a: { $ref: '#/$defs/name' }, b: { type: 'integer', minimum: 1 } },
      $defs: { name: { type: 'string', description: 'A\u202e name\u0007' } },
      anyOf: [{ required: ['a'] }, { required: ['b'] }],
      additionalProperties: false,
    });
    expect(forModel).toEqual({
      type: 'object',
      properties: { a: { $ref: '#/$defs/name' }, b: { type: 'integer', minimum: 1 } },
      $defs: { name: { type: 'string', description: 'A name' } },
      additionalProperties: false,
    });
    expect(check({ a: 'x' })).toBeUndefined();
    expect(check({})).toBeDefined();
    expect(check({ a: 1 })).toBeDefined();
    expect(check({ b: 0 })).toBeDefined();
    expect(check({ a: 'x', c: 1 })).toBeDefined();
  });

  it('keeps arguments that are called like keywords', () => {
    const { forModel, check } = accepted({
      type: 'object',
      properties: { pattern: { type: 'string' }, id: { type: 'number' } },
    });
    expect(forModel.properties).toEqual({ pattern: { type: 'string' }, id: { type: 'number' } });
    expect(check({ pattern: 1 })).toBeDefined();
    expect(check({ id: 'x' })).toBeDefined();
  });

  it('runs no expression that takes for ever', () => {
    const { check, forModel } = accepted({ type: 'object', properties: { a: { type: 'string', pattern: '^(a+)+$' } } });
    expect(check({ a: `${'a'.repeat(40)}!` })).toBeUndefined();
    expect(forModel.properties).toEqual({ a: { type: 'string', pattern: '^(a+)+$' } });
  });

  it('is refused or gives a check that ends, whatever it is', () => {
    const keyword = fc.constantFrom(
      'type',
      'properties',
      'items',
      '$ref',
      'allOf',
      'enum',
      '$defs',
      'required',
      '__proto__',
      'not',
    );
    const leaf = fc.oneof(fc.constantFrom('#', '#/$defs/a', 'object', 'string', '#/properties/a'), fc.jsonValue());
    const schema = fc.letrec((tie) => ({
      node: fc.oneof(leaf, fc.dictionary(keyword, tie('node')), fc.array(tie('node'), { maxLength: 3 })),
    })).node;
    fc.assert(
      fc.property(schema, fc.jsonValue(), (given, value) => {
        const known = read(given);
        if (known.ok) expect(['string', 'undefined']).toContain(typeof known.check(value));
        else expect(known.reason).toMatch(/\.$/);
      }),
    );
  });
});

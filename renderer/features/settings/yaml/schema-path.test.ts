import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settingSchema } from '../../../../server/contract/setting-schema.ts';
import { choicesOf, factsOf, keysAbove, keysBeside, readLine, schemaAt } from './schema-path.ts';

const file = `# mine
server:
  port: 3000   # why
  attachments:
    maxCount: 3

agents:
  "my writer":
    permissions:
      allow:
        - Bash(git log:*)
plugins:
  - path: ./a.ts
    required: true
`.split('\n');

describe('the place of a line', () => {
  it.each([
    [2, 2, ['server']],
    [4, 4, ['server', 'attachments']],
    [5, 2, ['server']],
    [6, 0, []],
    [9, 6, ['agents', 'my writer', 'permissions']],
    [10, 8, ['agents', 'my writer', 'permissions', 'allow']],
    [13, 4, ['plugins']],
  ])('line %i at column %i lies below %j', (at, indent, path) => {
    expect(keysAbove(file, at, indent)).toEqual(path);
  });

  it('tells which keys stand beside it', () => {
    expect(keysBeside(file, 3, 2)).toEqual(['port']);
    expect(keysBeside(file, 5, 0)).toEqual(['server', 'agents', 'plugins']);
  });

  it('is found for any text', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.nat(20), fc.nat(20), (lines, at, indent) => {
        expect(Array.isArray(keysAbove(lines, at, indent))).toBe(true);
        expect(Array.isArray(keysBeside(lines, at, indent))).toBe(true);
      }),
    );
  });

  it('is no key where a colon stands in a value', () => {
    expect(readLine('http://x')).toBeUndefined();
    expect(readLine('  # note: this')).toBeUndefined();
    expect(readLine('- path: ./a.ts')).toEqual({ indent: 2, key: 'path', rest: './a.ts' });
  });
});

describe('the schema at a path', () => {
  const schema = settingSchema();
  it('leads through names that a person chose', () => {
    const mode = schemaAt(schema, ['agents', 'writer', 'permissions', 'mode']);
    expect(choicesOf(mode ?? {})).toContain('plan');
    expect(schemaAt(schema, ['server', 'prot'])).toBeUndefined();
    expect(schemaAt(schema, ['server', 'constructor'])).toBeUndefined();
  });

  it('offers what can be chosen, and tells limits and default', () => {
    expect(choicesOf(schemaAt(schema, ['server', 'requireToken']) ?? {})).toEqual(['true', 'false']);
    expect(choicesOf(schemaAt(schema, ['sandbox', 'secretProxy']) ?? {})).toContain('OPENAI_API_KEY');
    expect(factsOf(schemaAt(schema, ['server', 'port']) ?? {}, 'default')).toBe('integer · 0…65535 · default 3000');
    expect(factsOf(schemaAt(schema, ['llm', 'thinking']) ?? {}, 'default')).toBe('integer · 0… · default 0');
  });
});

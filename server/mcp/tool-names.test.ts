import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesAny } from './name-pattern.ts';
import { toolNames } from './tool-names.ts';

describe('names of tools', () => {
  it('keep what providers take and mark what they had to change', () => {
    const names = toolNames('files', ['read', 'read.file', 'read/file', 'tool with spaces', '读', 'x'.repeat(100)]);
    expect(names.get('read')).toBe('mcp__files__read');
    expect(names.get('tool with spaces')).toBe('mcp__files__tool_with_spaces');
    expect(names.get('read.file')).toMatch(/^mcp__files__read_file_[0-9a-f]{8}$/);
    expect(names.get('read/file')).not.toBe(names.get('read.file'));
    expect(names.get('x'.repeat(100))).toHaveLength(64);
  });

  it('are distinct, short enough and plain, whatever servers call their tools', () => {
    const own = fc.string({ minLength: 1, maxLength: 80, unit: 'binary' });
    fc.assert(
      fc.property(fc.uniqueArray(own), (ownNames) => {
        const names = [...toolNames('a-server', ownNames).values()];
        expect(new Set(names).size).toBe(ownNames.length);
        for (const name of names) expect(name).toMatch(/^mcp__a-server__[A-Za-z0-9_-]{1,49}$/);
      }),
    );
  });

  it('do not depend on the order in which a server lists its tools', () => {
    const own = ['a.b', 'a/b', 'a_b', 'y'.repeat(90)];
    const forward = toolNames('s', own);
    const backward = toolNames('s', [...own].reverse());
    for (const name of own) expect(backward.get(name)).toBe(forward.get(name));
  });
});

it.each([
  ['get-*', 'get-sum', true],
  ['*', 'anything', true],
  ['*_file', 'read_file', true],
  ['a*b*c', 'abc', true],
  ['a*b*c', 'acb', false],
  ['a*a', 'a', false],
  ['echo', 'echo2', false],
])('the pattern %s matches %s: %s', (pattern, name, does) => {
  expect(matchesAny([pattern], name)).toBe(does);
});

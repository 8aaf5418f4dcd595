import { parseEnv } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type EnvLine, parseEnvFile } from './parse-env-file.ts';

const reference = ['$', '{B}'].join('');

const valuesIn = (text: string) =>
  Object.fromEntries(parseEnvFile(text).flatMap((each) => ('name' in each ? [[each.name, each.value]] : [])));

describe('a file of variables', () => {
  test.each<[string, EnvLine[]]>([
    ['A=1', [{ line: 1, name: 'A', value: '1', hasReference: false }]],
    [
      '\uFEFFA=1\r\nB=2\rC=3\n',
      ['A', 'B', 'C'].map((name, at) => ({ line: at + 1, name, value: `${at + 1}`, hasReference: false })),
    ],
    ['# no\n\n  export  A = "x # y" # why\n', [{ line: 3, name: 'A', value: 'x # y', hasReference: false }]],
    ['A=x#y #z', [{ line: 1, name: 'A', value: 'x#y', hasReference: false }]],
    ['A=#nothing', [{ line: 1, name: 'A', value: '', hasReference: false }]],
    ['A="1\\n2\\"\\$"', [{ line: 1, name: 'A', value: '1\n2"$', hasReference: false }]],
    [
      "A='1\n2'\nB=3",
      [
        { line: 1, name: 'A', value: '1\n2', hasReference: false },
        { line: 3, name: 'B', value: '3', hasReference: false },
      ],
    ],
    [`A=${reference}/x`, [{ line: 1, name: 'A', value: `${reference}/x`, hasReference: true }]],
    [`A='${reference}'`, [{ line: 1, name: 'A', value: reference, hasReference: false }]],
    [
      'A="open\nB=2',
      [
        { line: 1, fault: 'unterminated' },
        { line: 2, name: 'B', value: '2', hasReference: false },
      ],
    ],
    [
      'A="1" 2\n=3\nhello',
      [
        { line: 1, fault: 'syntax' },
        { line: 2, fault: 'syntax' },
        { line: 3, fault: 'syntax' },
      ],
    ],
    ['', []],
  ])('%j', (text, lines) => {
    expect(parseEnvFile(text)).toEqual(lines);
  });

  test('any text at all is read in bounded steps, each line at most once, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...'A=b"\'`\\#$ {}\n\r\t中', 'export ', '\uFEFF')), (pieces) => {
        const lines = parseEnvFile(pieces.join('')).map(({ line }) => line);
        expect(lines).toEqual([...new Set(lines)].sort((a, b) => a - b));
      }),
      { numRuns: 2000 },
    );
  });

  test('what was quoted comes back, whatever it is', () => {
    const entry = fc.record({
      name: fc.stringMatching(/^[A-Z][A-Z0-9_]{0,20}$/),
      value: fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\r', '')),
    });
    fc.assert(
      fc.property(fc.uniqueArray(entry, { selector: ({ name }) => name }), (entries) => {
        const text = entries.map(({ name, value }) => `${name}="${value.replaceAll(/["\\]/g, '\\$&')}"`).join('\n');
        expect(valuesIn(text)).toEqual(Object.fromEntries(entries.map(({ name, value }) => [name, value])));
      }),
    );
  });

  test('reads ordinary lines as Node does', () => {
    const value = fc.oneof(
      fc.stringMatching(/^[A-Za-z0-9+/=_.:-]{1,40}$/),
      fc.stringMatching(/^"[A-Za-z0-9 #'_.:-]{0,40}"$/),
      fc.stringMatching(/^'[A-Za-z0-9 #"_.:-]{0,40}'$/),
    );
    const line = fc.tuple(fc.stringMatching(/^[A-Z][A-Z0-9_]{0,9}$/), value, fc.constantFrom('', ' # note', '  '));
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const text = lines.map(([name, content, end]) => `${name}=${content}${end}`).join('\n');
        expect(valuesIn(text)).toEqual({ ...parseEnv(text) });
      }),
    );
  });
});

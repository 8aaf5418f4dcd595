import { describe, expect, it } from 'vitest';
import { bytePattern, neededByRegex, neededByText } from './needed-text.ts';

describe('the text that every match needs', () => {
  it.each([
    ['needle \\d+0000$', '', ['needle ']],
    ['(timeout|refused) after \\d+ ms', 'i', ['timeout', 'refused']],
    ['timeout|refused', '', ['timeout', 'refused']],
    ['^(?:GET|POST) /api', '', [' /api']],
    ['(?:long )?status=(\\d+) of run', '', ['status=']],
    ['abc+def', '', ['cdef']],
    ['(?:first word)+ last', '', ['first word']],
    ['run \\bses_\\w+', '', ['run ses_']],
    ['连接失败\\d', '', ['连接失败']],
    ['code \\/tmp\\/x', '', ['code /tmp/x']],
  ])('of /%s/%s is %j', (source, flags, parts) => {
    expect(neededByRegex(source, flags)).toEqual(parts);
  });

  it.each([
    ['\\d{5}$', ''],
    ['timeout|\\d+', ''],
    ['ab', ''],
    ['(?:timeout)?', ''],
    ['(?!timeout)x', ''],
    ['(?i:timeout)', ''],
    ['"', ''],
    ['skk', 'iu'],
    ['(', ''],
    ['zeitüberschreitung'.replace(/[a-z]/g, '.'), ''],
  ])('of /%s/%s is not known', (source, flags) => {
    expect(neededByRegex(source, flags)).toBeUndefined();
  });

  it('of plain text is its longest run that reads the same in every spelling', () => {
    expect(neededByText('timeout of "a-very-long-name"')).toEqual(['a-very-long-name']);
    expect(neededByText('disk')).toBeUndefined();
    expect(neededByText('Größe überschritten')).toEqual(['berschr']);
  });

  it('is found in the bytes of a file', () => {
    const text = Buffer.from('{"msg":"连接失败 (1.5)"}').toString('latin1');
    expect(bytePattern(['连接失败 (1.5)'], false).test(text)).toBe(true);
    expect(bytePattern(['连接失败 (1x5)', '连接失败 (1.6)'], false).test(text)).toBe(false);
    expect(bytePattern(['MSG'], true).test(text)).toBe(true);
  });
});

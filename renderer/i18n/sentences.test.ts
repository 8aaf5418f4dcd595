import { describe, expect, it } from 'vitest';
import { createSentences } from './sentences.ts';

const translate = createSentences([
  ['There are none.', '没有。'],
  ['{{name}} is not set; the offline demo model answers.', '{{name}} 未设置，由离线演示模型回答。'],
  ['{{used}} of {{all}} (at most).', '共 {{all}}，已用 {{used}}（上限）。'],
]);

describe('sentences of the server', () => {
  it('are found whole, with what was filled in', () => {
    expect(translate('There are none.')).toBe('没有。');
    expect(translate('A_KEY is not set; the offline demo model answers.')).toBe('A_KEY 未设置，由离线演示模型回答。');
    expect(translate('3 of 5 (at most).')).toBe('共 5，已用 3（上限）。');
  });

  it('are found one by one when several come together', () => {
    expect(translate('There are none. A_KEY is not set; the offline demo model answers.')).toBe(
      '没有。A_KEY 未设置，由离线演示模型回答。',
    );
  });

  it('are left in English when a part is unknown', () => {
    expect(translate('There are none. The moon is full.')).toBeUndefined();
    expect(translate('Something else')).toBeUndefined();
  });

  it('take values literally, whatever signs they hold', () => {
    expect(translate('$& {{x}} $1 is not set; the offline demo model answers.')).toBe(
      '$& {{x}} $1 未设置，由离线演示模型回答。',
    );
  });
});

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSentences } from '../renderer/i18n/sentences.ts';
import { sentences } from '../renderer/i18n/zh-cn/server-sentences.ts';

const server = join(import.meta.dirname, '../server');
const read = (pattern: string) =>
  globSync(pattern, { cwd: server })
    .filter((file) => !/\.test\.ts$/.test(file))
    .map((file) => readFileSync(join(server, file), 'utf8'))
    .join('\n');
const placeholders = (text: string) => [...text.matchAll(/{{(\w+)}}/g)].map(([, name]) => name).sort();

describe('the sentences of the server in Chinese', () => {
  const translate = createSentences(sentences);

  it('fill in what the English fills in, and stand there once', () => {
    for (const [english, chinese] of sentences) expect(placeholders(chinese), english).toEqual(placeholders(english));
    expect(new Set(sentences.map(([english]) => english)).size).toBe(sentences.length);
  });

  it('have words for all that doctor says without naming anything', () => {
    const said = [...read('doctor/checks/*.ts').matchAll(/\b(?:evidence|fix)(?:: | = )'([^']+)'/g)].map(
      ([, text]) => text ?? '',
    );
    expect(said.length).toBeGreaterThan(30);
    expect(said.filter((text) => translate(text) === undefined)).toEqual([]);
  });

  it.each([
    [
      'ANTHROPIC_API_KEY or OPENAI_API_KEY is not set; the offline demo model answers.',
      'ANTHROPIC_API_KEY 或 OPENAI_API_KEY 未设置，由离线演示模型应答。',
    ],
    ['This must be a number, and is text.', '这里须为数字，现在是文字。'],
    ['This must be 1024 or more.', '不能小于 1024。'],
    [
      'The data directory cannot be written: its disk is read-only. Change that or choose another.',
      '无法写入数据目录：磁盘只读。请更改，或另选一个。',
    ],
    ['Not connected: not running. Places tried: 3.', '未连接：没有运行。尝试了 3 处。'],
    [
      'PostgreSQL 15.4, 3 of 100 connections used. It is read-only, for instance a standby.',
      'PostgreSQL 15.4，已用 3 / 100 个连接。它是只读的，例如备用库。',
    ],
  ])('says “%s”', (english, chinese) => {
    expect(translate(english)).toBe(chinese);
  });

  it('are said by the server still', () => {
    const source = read('**/*.ts').replace(/\\'/g, "'");
    const stale = sentences.filter(([english]) =>
      english.split(/{{\w+}}/).some((text) => !source.includes(longestOf(text))),
    );
    expect(stale.map(([english]) => english)).toEqual([]);
  });
});

/** What the source has in one piece: it puts some sentences together. */
function longestOf(text: string): string {
  const parts = text.split(/\. | or |[ (]/).filter((part) => part !== '');
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '');
}

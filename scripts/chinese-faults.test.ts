import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { faultWords } from '../renderer/i18n/zh-cn/fault-words.ts';

const server = join(import.meta.dirname, '../server');
const isProduct = (file: string) =>
  !/\.test\.ts$|\.test-support\.ts$|(^|\/)(testing|fixtures|conformance)\//.test(file);
/** `new AppError('code'`, and the functions that make one: `refuse('code'`, `sandboxFault('code'` and their like. */
const makers =
  /\bnew AppError\(\s*'([a-z_0-9]+)'|\b(?!default\b|prefault\b|parameterFault\b)(?:\w*[Ff]ault|refus(?:e|ed|al)|made|invalid|dataDirError)\(\s*'([a-z]+(?:_[a-z0-9]+)+)'/g;

function codesOfServer(): Map<string, string> {
  const codes = new Map<string, string>();
  for (const file of globSync('**/*.ts', { cwd: server }).filter(isProduct)) {
    for (const [, made, said] of readFileSync(join(server, file), 'utf8').matchAll(makers))
      codes.set(made ?? said ?? '', file);
  }
  return codes;
}

describe('the faults of the server in Chinese', () => {
  const codes = codesOfServer();

  it('are read from its source', () => {
    expect(codes.size).toBeGreaterThan(250);
    expect(codes.has('session_busy')).toBe(true);
  });

  it('have words for every code; add what is missing to renderer/i18n/zh-cn/fault-words.ts', () => {
    const missing = [...codes].filter(([code]) => !Object.hasOwn(faultWords, code));
    expect(missing.map(([code, file]) => `${code} of server/${file}`)).toEqual([]);
  });

  it('are Chinese sentences', () => {
    for (const [code, words] of Object.entries(faultWords)) expect(words, code).toMatch(/[\u4e00-\u9fff].*[。？]$/s);
  });
});

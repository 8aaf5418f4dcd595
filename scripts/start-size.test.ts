import { expect, test } from 'vitest';
import { startSize } from './start-size.ts';

const files: Record<string, string> = {
  'dist/a.js': 'import { b } from "./b.js";\nimport fs from "node:fs";\nconst later = () => import("./large.js");\n',
  'dist/b.js': 'import \'./parts/c.js\';\nexport * from "./a.js";\n',
  'dist/parts/c.js': 'export const c = 1;\n',
  'dist/large.js': 'x'.repeat(1000),
};

test('what is imported on the way counts once, what is imported later does not', () => {
  const { bytes, files: read } = startSize('dist/a.js', (file) => files[file] ?? '');
  expect(read).toEqual(['dist/a.js', 'dist/b.js', 'dist/parts/c.js']);
  const wanted = ['dist/a.js', 'dist/b.js', 'dist/parts/c.js'].map((file) => files[file]?.length ?? Number.NaN);
  expect(bytes).toBe(wanted.reduce((sum, size) => sum + size));
});

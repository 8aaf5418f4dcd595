import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const pages = ['README.md', 'README.zh-CN.md', 'CONTRIBUTING.md', ...readdirSync(join(root, 'docs')).flatMap(pageOf)];

function pageOf(name: string): string[] {
  return name.endsWith('.md') ? [`docs/${name}`] : [];
}

test.each(pages)('every file that %s links to is there', (page) => {
  const text = readFileSync(join(root, page), 'utf8');
  const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map((match) => match[1] ?? '');
  expect(targets.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
});

/** As GitHub makes them of headings. */
function anchorsOf(page: string): string[] {
  const text = readFileSync(page, 'utf8').replaceAll(/^```.*?^```/gms, '');
  return Array.from(text.matchAll(/^#+ (.+)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test.each(pages)('every heading that %s links to is there', (page) => {
  const text = readFileSync(join(root, page), 'utf8');
  const missing = [...text.matchAll(/\]\((?!https?:)([^)#\s]*\.md)?#([^)\s]+)\)/g)].flatMap(
    ([link, target, anchor = '']) => {
      const file = target === undefined ? join(root, page) : join(root, dirname(page), target);
      return existsSync(file) && anchorsOf(file).includes(anchor) ? [] : [link];
    },
  );
  expect(missing).toEqual([]);
});

test('docs/README.md leads to every page', () => {
  const index = readFileSync(join(root, 'docs/README.md'), 'utf8');
  const there = pages.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md');
  expect(there.filter((page) => !index.includes(`](${page.slice('docs/'.length)})`))).toEqual([]);
});

test('every package of the product and its build has its line in docs/dependencies.md', () => {
  const listed = readFileSync(join(root, 'docs/dependencies.md'), 'utf8');
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  const names = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((key) =>
    Object.keys(manifest[key] ?? {}),
  );
  const missing = names.filter((name) => !name.startsWith('@types/') && !listed.includes(`\`${name}\``));
  expect(missing).toEqual([]);
});

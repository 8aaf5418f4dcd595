/**
 * Fails when a page takes longer to load than it may, in bytes of gzipped script, or `agentrail serve` to start, in
 * bytes of script that are read before its first line runs.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Manifest, measure } from './bundle-size.ts';
import { startSize } from './start-size.ts';

const budgets = { firstLoad: 350_000, page: 150_000, start: 5_500_000 };
const dist = join(import.meta.dirname, '../dist/renderer');

const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8')) as Manifest;
const sizes = measure(manifest, (file) => gzipSync(readFileSync(join(dist, file))).length);
const main = join(import.meta.dirname, '../dist/main');
const read = (file: string) => readFileSync(file, 'utf8');
const [, program = ''] = /import\(["'](.+?)["']\)/.exec(read(join(main, 'agentrail.js'))) ?? [];
const started = startSize(join(main, program), read);
const rows = [
  { name: 'start of agentrail (as it is)', bytes: started.bytes, budget: budgets.start },
  { name: 'first load', bytes: sizes.firstLoad, budget: budgets.firstLoad },
  ...sizes.pages.map(({ name, bytes }) => ({ name, bytes, budget: budgets.page })),
];
for (const { name, bytes, budget } of rows)
  process.stdout.write(
    `${bytes <= budget ? 'ok  ' : 'OVER'} ${(bytes / 1000).toFixed(1).padStart(7)} of ${budget / 1000} KB  ${name}\n`,
  );
if (rows.some(({ bytes, budget }) => bytes > budget)) process.exit(1);

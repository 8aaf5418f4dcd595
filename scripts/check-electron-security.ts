/** Looks through the sources of the desktop program for what makes an Electron program open: docs/electron-security.md. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reviewed } from './electron-security/reviewed.ts';
import { scan } from './electron-security/scan.ts';

const root = join(import.meta.dirname, '..');
const patterns = ['electron/**/*.ts', 'renderer/**/*.{ts,tsx,html}', 'server/console/*.ts'];
const paths = globSync(patterns, { cwd: root }).filter((path) => !path.includes('.test'));
const files = paths.map((path) => ({
  path: path.replaceAll('\\', '/'),
  text: readFileSync(join(root, path), 'utf8'),
}));
const findings = scan(files, reviewed);
for (const { file, line, problem } of findings) process.stderr.write(`${file}:${line} ${problem}\n`);
if (findings.length > 0) process.exit(1);
process.stdout.write(`Electron security: ${files.length} files, nothing found.\n`);

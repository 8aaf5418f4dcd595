/** `npm run licences`: checks the licences of all that the last build bundled, and says where they are written. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findLicenceFaults } from './licences/licences.ts';
import type { LicenceList } from './licences/notices.ts';

const dist = join(import.meta.dirname, '../dist');
const file = join(dist, 'renderer/licences.json');
if (existsSync(file)) check(JSON.parse(readFileSync(file, 'utf8')) as LicenceList);
else {
  process.stderr.write('There is no dist/. Run "npm run build" first.\n');
  process.exitCode = 1;
}

function check({ packages, texts }: LicenceList): void {
  const faults = findLicenceFaults(
    packages.map(({ name, version, id, text }) => ({
      ...{ name, version, id: id === '' ? undefined : id, homepage: undefined },
      text: texts[text] ?? '',
    })),
  );
  process.stdout.write(`${packages.length} packages; their licences: ${join(dist, 'THIRD-PARTY-NOTICES.txt')}\n`);
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  if (faults.length > 0) process.exitCode = 1;
}

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { schemaLeaves } from '../server/contract/setting-schema.ts';
import { settingsDocFile, withTables } from './settings-doc.ts';

const page = readFileSync(settingsDocFile, 'utf8');

test('the page about settings names every one of them', () => {
  const missing = schemaLeaves().filter(({ path }) => !page.includes(`| \`${path}\` |`));
  expect(missing.map(({ path }) => path)).toEqual([]);
});

test('its tables are what the schema says; `node scripts/settings-doc.ts` makes them anew', () => {
  expect(page).toBe(withTables(page));
});

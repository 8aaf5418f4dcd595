/** The reference part of docs/settings.md, made from the schema of the settings. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { restartPaths } from '../server/contract/config.ts';
import { settingDocs } from '../server/contract/setting-docs.ts';
import { schemaLeaves } from '../server/contract/setting-schema.ts';
import type { SettingSchema } from '../server/contract/settings-text.ts';

const start = '<!-- The tables below are made by `node scripts/settings-doc.ts` from server/contract. -->\n';
export const settingsDocFile = join(import.meta.dirname, '../docs/settings.md');

/** The whole page, its tables made anew. */
export function withTables(page: string): string {
  const [intro] = page.split(start);
  return `${intro}${start}\n${tables()}`;
}

function tables(): string {
  const leaves = schemaLeaves();
  const sections = [...new Set(leaves.map(({ path }) => path.split('.')[0] ?? ''))];
  const parts = sections.map((section) => {
    const about = settingDocs[section];
    const rows = leaves
      .filter(({ path }) => path === section || path.startsWith(`${section}.`))
      .map(
        ({ path, schema }) => `| \`${path}\` | ${kindOf(schema)} | ${defaultOf(schema)} | ${wordsOf(path, schema)} |`,
      );
    const isAlone = rows.length === 1 && leaves.some(({ path }) => path === section);
    const lead = about === undefined || isAlone ? '' : `${about}\n\n`;
    return `## ${section}\n\n${lead}| Setting | Value | Default | What it is |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return parts.join('\n');
}

function wordsOf(path: string, { description = '' }: SettingSchema): string {
  const needsRestart = (restartPaths as readonly string[]).includes(path);
  return inTable(needsRestart ? `${description} Needs a restart.` : description);
}

function kindOf(schema: SettingSchema): string {
  const { type, items, anyOf, minimum, maximum } = schema;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (type === 'array') return `list of ${items ? kindOf(items) : 'values'}`;
  if (anyOf) return anyOf.map(kindOf).join(' or ');
  if (type === 'object') return 'section';
  const names: Record<string, string> = {
    string: 'text',
    integer: 'whole number',
    number: 'number',
    boolean: 'true or false',
  };
  const has = (limit: number | undefined): limit is number =>
    limit !== undefined && Math.abs(limit) < Number.MAX_SAFE_INTEGER;
  const from = has(minimum) ? `from ${minimum}` : '';
  const to = has(maximum) ? `to ${maximum}` : '';
  return [names[type ?? ''] ?? 'value', from, to].filter(Boolean).join(' ');
}

function defaultOf(schema: SettingSchema): string {
  return schema.default === undefined ? '' : `\`${JSON.stringify(schema.default)}\``;
}

function inTable(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

if (import.meta.main) writeFileSync(settingsDocFile, withTables(readFileSync(settingsDocFile, 'utf8')));

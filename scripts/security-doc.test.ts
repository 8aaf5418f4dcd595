import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const docs = join(import.meta.dirname, '../docs');

interface Threat {
  threat: string;
  control: string;
  proofs: string[];
}

/** Rows of the tables that begin with "Threat". Throws for a row that lacks one of its three cells. */
function threatsOf(text: string): Threat[] {
  const tables = text.matchAll(/^\| Threat \| Control \| Proof \|\n\|[-|]+\|\n((?:\|.*\|\n)+)/gm);
  return Array.from(tables).flatMap(([, rows = '']) =>
    rows
      .trim()
      .split('\n')
      .map((row) => {
        const [threat = '', control = '', proof = '', ...rest] = row
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim());
        const proofs = [...proof.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target);
        if (threat === '' || control === '' || proofs.length === 0 || rest.length > 0)
          throw new Error(`This threat needs a control and a proof, in three cells: ${row}`);
        return { threat, control, proofs };
      }),
  );
}

function faultsOf(threats: Threat[]): string[] {
  return threats.flatMap(({ threat, proofs }) =>
    proofs.flatMap((proof) => {
      if (!/\.(?:test|spec)\.ts$/.test(proof)) return [`${threat}: ${proof} is no test`];
      return existsSync(join(docs, proof)) ? [] : [`${threat}: ${proof} is not there`];
    }),
  );
}

test('every threat of docs/security.md has a control, and a test that is there', () => {
  const threats = threatsOf(readFileSync(join(docs, 'security.md'), 'utf8'));
  expect(threats.length).toBeGreaterThan(40);
  expect(faultsOf(threats)).toEqual([]);
});

test('a threat without control or proof, or whose proof is gone or no test, is found', () => {
  const table = (row: string) => `| Threat | Control | Proof |\n|---|---|---|\n${row}\n`;
  expect(() => threatsOf(table('| A | | [x](../server/app.test.ts) |'))).toThrow('needs a control');
  expect(() => threatsOf(table('| A | B | none |'))).toThrow('needs a control');
  expect(faultsOf(threatsOf(table('| A | B | [x](../server/gone.test.ts) |')))).toHaveLength(1);
  expect(faultsOf(threatsOf(table('| A | B | [x](../server/app.ts) |')))).toHaveLength(1);
  expect(faultsOf(threatsOf(table('| A | B | [x](../server/app.test.ts) |')))).toEqual([]);
});

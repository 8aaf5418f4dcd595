import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { configSchema, restartPaths } from '../../../server/contract/config.ts';
import { permissionModes } from '../../../server/contract/permissions.ts';
import { fieldOf, fieldPaths, fields, fromDraft, restartFields, toDraft } from './fields.ts';

interface SchemaNode {
  properties?: Record<string, SchemaNode>;
}

function leavesOf(node: SchemaNode, path: string[] = []): string[] {
  if (!node.properties) return [path.join('.')];
  return Object.entries(node.properties).flatMap(([name, child]) => leavesOf(child, [...path, name]));
}

describe('the fields of the settings', () => {
  it('name what needs a restart', () => {
    expect(restartFields).toEqual(restartPaths);
  });

  it('offer every mode of permissions', () => {
    expect(fields['permissions.mode'].options).toEqual(permissionModes);
  });

  it('name only leaves that the configuration has', () => {
    const leaves = leavesOf(z.toJSONSchema(configSchema, { io: 'output' }) as SchemaNode);
    for (const path of fieldPaths) expect(leaves).toContain(path);
  });

  it('give back what was stored when nothing was typed', () => {
    const values: Record<string, fc.Arbitrary<unknown>> = {
      text: fc.stringMatching(/^[a-z:/.]+$/),
      number: fc.integer({ min: 0, max: 10_000_000 }),
      switch: fc.boolean(),
      list: fc.array(fc.stringMatching(/^[a-z]+$/)),
      choice: fc.constantFrom('info', 'warn'),
    };
    for (const path of fieldPaths) {
      const field = fieldOf(path);
      fc.assert(
        fc.property(values[field.kind] ?? fc.constant(''), (value) => {
          expect(fromDraft(field, toDraft(field, value)), path).toEqual(value);
        }),
        { numRuns: 30 },
      );
    }
  });

  it('take an emptied value out of the file and refuse what is no number', () => {
    const plugins = ['slash-commands', { path: './guard.ts', required: true }];
    expect(fromDraft({ kind: 'list' }, toDraft({ kind: 'list' }, plugins))).toEqual(plugins);
    expect(fromDraft({ kind: 'text' }, '  ')).toBeNull();
    expect(fromDraft({ kind: 'number' }, '')).toBeNull();
    expect(fromDraft({ kind: 'number' }, 'ten')).toBeUndefined();
    expect(fromDraft({ kind: 'number', factor: 60_000 }, '0.1')).toBe(6000);
    expect(fromDraft({ kind: 'list' }, ' a, ,b ')).toEqual(['a', 'b']);
  });
});

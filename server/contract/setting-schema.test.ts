import { describe, expect, it } from 'vitest';
import { settingDocs } from './setting-docs.ts';
import { schemaLeaves, settingSchema } from './setting-schema.ts';

describe('the schema of the settings', () => {
  it('says of every setting what it is', () => {
    const mute = schemaLeaves().filter(({ schema }) => schema.description === undefined);
    expect(mute.map(({ path }) => path)).toEqual([]);
  });

  it('is described by nothing that it does not have', () => {
    const leaves = schemaLeaves().map(({ path }) => path);
    const strange = Object.keys(settingDocs).filter(
      (path) => !leaves.some((leaf) => `${leaf}.`.startsWith(`${path}.`)),
    );
    expect(strange).toEqual([]);
  });

  it('knows what stands below names that a person chooses', () => {
    const providers = settingSchema().properties?.providers;
    const entry = providers?.additionalProperties;
    expect(typeof entry === 'object' && entry.properties?.type?.enum).toContain('openai-compatible');
  });
});

import { describe, expect, test } from 'vitest';
import { configSchema } from '../../contract/config.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { offeredTools } from '../offered-tools.ts';
import { findProfile, listProfiles } from '../profiles.ts';
import { createTestContextStore, testKey } from '../testing/context-store.ts';
import { echoTool } from '../testing/harness.ts';
import { createNoteTool } from './note.ts';
import { createReadArtifactTool } from './read-artifact.ts';
import type { Tool, ToolContext } from './tool.ts';

const context = { ...testKey, runId: 'run_1', toolCallId: 'c1' } as unknown as ToolContext;

function bench() {
  const store = createTestContextStore();
  const use = async <Input>(tool: Tool<Input>, input: unknown): Promise<string> => {
    const { content } = await tool.execute(tool.inputSchema.parse(input), context);
    return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
  };
  return { store, use, note: createNoteTool(store), read: createReadArtifactTool(store) };
}

describe('Note', () => {
  test('appends, replaces and clears', async () => {
    const { store, use, note } = bench();
    await use(note, { text: 'one' });
    await use(note, { text: ' two\n' });
    expect(store.memory.get('NOTES.md')).toBe('one\n\ntwo\n');
    await use(note, { text: 'three', mode: 'replace' });
    expect(store.memory.get('NOTES.md')).toBe('three\n');
    expect(await use(note, { text: '', mode: 'replace' })).toBe('The notes are empty now.');
    expect(store.memory.get('NOTES.md')).toBe('');
  });

  test('loses none of several notes of one turn', async () => {
    const { store, use, note } = bench();
    await Promise.all(Array.from({ length: 20 }, (_, n) => use(note, { text: `note ${n}` })));
    expect(store.memory.get('NOTES.md')?.split('\n\n')).toHaveLength(20);
  });

  test('refuses what is too long and says how to go on', async () => {
    const { store, use, note } = bench();
    store.memory.set('NOTES.md', 'x'.repeat(99_990));
    await expect(use(note, { text: 'y'.repeat(20) })).rejects.toMatchObject({
      code: 'notes_too_long',
      message: expect.stringContaining('replace them with a shorter version'),
    });
    expect(store.memory.get('NOTES.md')).toHaveLength(99_990);
  });

  test('recalls short notes whole, and of long ones the latest with their size and where to read them', async () => {
    const { store, note } = bench();
    expect(await note.recall?.(testKey)).toBeUndefined();
    store.memory.set('NOTES.md', 'The key is under the mat.\n');
    expect(await note.recall?.(testKey)).toContain('The key is under the mat.');
    store.memory.set('NOTES.md', `# Findings\n${'fact '.repeat(10_000)}the end`);
    const recalled = (await note.recall?.(testKey)) ?? '';
    expect(recalled.length).toBeLessThan(5000);
    expect(recalled).toContain('begin with "# Findings"');
    expect(recalled).toContain('ReadArtifact with id "NOTES.md"');
    expect(recalled.endsWith('the end')).toBe(true);
  });
});

describe('ReadArtifact', () => {
  test('reads page after page without losing a character', async () => {
    const { store, use, read } = bench();
    const text = 'abc你好\ud83d\ude00'.repeat(500);
    store.memory.set('NOTES.md', text);
    let whole = '';
    let offset: number | undefined = 0;
    while (offset !== undefined) {
      const page = await use(read, { id: 'NOTES.md', offset, limit: 1001 });
      const next = /\n\n\(Bytes \d+ to \d+ of \d+\. Read on with offset (\d+)\.\)$/.exec(page);
      whole += next ? page.slice(0, next.index) : page;
      offset = next ? Number(next[1]) : undefined;
    }
    expect(whole).toBe(text);
  });

  test('says what is wrong with an id or an offset', async () => {
    const { store, use, read } = bench();
    store.artifacts.set('r-1', 'short');
    expect(await use(read, { id: 'r-1' })).toBe('short');
    await expect(use(read, { id: 'r-1', offset: 5 })).rejects.toMatchObject({ code: 'offset_after_end' });
    await expect(use(read, { id: 'r-2' })).rejects.toMatchObject({ code: 'artifact_not_found' });
    await expect(use(read, { id: '../../vault.json' })).rejects.toMatchObject({ code: 'artifact_not_found' });
    expect(await use(read, { id: 'TODO.md' })).toBe('(empty)');
  });

  test('comes with any other tool, and not to an agent without tools', () => {
    const tools: Tool[] = [echoTool, createReadArtifactTool(createTestContextStore())];
    const offered = (names: string[]) => {
      const config = configSchema.parse({ agents: { a: { tools: names } } });
      return offeredTools(tools, findProfile(listProfiles(config), 'a'), silentLogger).map(({ name }) => name);
    };
    expect(offered(['Echo'])).toEqual(['Echo', 'ReadArtifact']);
    expect(offered([])).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { namesTool } from './names-tool.ts';
import { showResource, showResult } from './show-result.ts';

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

describe('what a server answers', () => {
  it('is shown as far as a model can see it, and described where it cannot', () => {
    const { content, isError } = showResult(
      {
        content: [
          { type: 'text', text: 'Hi\u001b[2J\u202e' },
          { type: 'image', data: png, mimeType: 'image/svg+xml' },
          { type: 'image', data: 'PHN2Zz4=', mimeType: 'image/png' },
          { type: 'audio', data: 'AAAA', mimeType: 'audio/wav' },
          { type: 'resource', resource: { uri: 'a:b', text: 'words', mimeType: 'text/plain' } },
          { type: 'resource', resource: { uri: 'a:c', blob: 'AAAA' } },
          { type: 'resource_link', uri: 'a:d', name: 'D' },
        ],
        isError: true,
      },
      {},
    );
    expect(isError).toBe(true);
    expect(content).toEqual([
      { type: 'text', text: 'Hi[2J' },
      { type: 'image', data: png, mimeType: 'image/png' },
      { type: 'text', text: '[image: no PNG, JPEG, GIF or WebP image, so it cannot be shown.]' },
      { type: 'text', text: '[Audio, audio/wav, 3 bytes: it cannot be played here.]' },
      { type: 'text', text: '[a:b, text/plain]\nwords' },
      { type: 'text', text: '[a:c, 3 bytes that are no text: they cannot be shown here.]' },
      { type: 'text', text: '[Resource a:d: D]' },
    ]);
  });

  it('has its structured content told when the words do not say it already', () => {
    const said = showResult({ content: [{ type: 'text', text: '{ "a": 1 }' }], structuredContent: { a: 1 } }, {});
    expect(said.content).toHaveLength(1);
    const unsaid = showResult({ content: [{ type: 'text', text: 'See data.' }], structuredContent: { a: 1 } }, {});
    expect(unsaid.content.at(-1)).toEqual({ type: 'text', text: '{"a":1}' });
    expect(unsaid.details).toEqual({ structuredContent: { a: 1 } });
    expect(showResult({ content: [] }, {}).content).toEqual([{ type: 'text', text: 'The tool ended without a word.' }]);
  });

  it('shows no more images than a model takes, and none that is too large', () => {
    const many = Array.from({ length: 12 }, () => ({ type: 'image' as const, data: png, mimeType: 'image/png' }));
    expect(showResult({ content: many }, {}).content.filter(({ type }) => type === 'image')).toHaveLength(10);
    const large = png.slice(0, 64) + 'A'.repeat(6_000_000);
    expect(showResult({ content: [{ type: 'image', data: large, mimeType: 'image/png' }] }, {}).content).toMatchObject([
      { type: 'text', text: expect.stringMatching(/at most 3750000 bytes/) },
    ]);
  });

  it('shows images among resources', () => {
    expect(showResource([{ uri: 'a:b', blob: png }], {}).content).toEqual([
      { type: 'image', data: png, mimeType: 'image/png' },
    ]);
    expect(showResource([], {}).content).toEqual([{ type: 'text', text: 'The resource is empty.' }]);
  });
});

it.each([
  ['mcp__files__read', 'mcp__files__read', true],
  ['mcp__files', 'mcp__files__read', true],
  ['mcp__files__*', 'mcp__files__read', true],
  ['mcp__*', 'mcp__files__read', true],
  ['mcp__files', 'mcp__files2__read', false],
  ['mcp__files__re*', 'mcp__files__read', false],
  ['mcp__', 'mcp__files__read', false],
  ['mcp__*', 'Bash', false],
  ['Bash', 'Bash', true],
])("the entry %s in an agent's tools names %s: %s", (entry, tool, does) => {
  expect(namesTool(entry, tool)).toBe(does);
});

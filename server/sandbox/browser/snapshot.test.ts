import fc from 'fast-check';
import { expect, it } from 'vitest';
import { axTreeSchema, describePage, textOf } from './snapshot.ts';

function node(nodeId: string, role: string, name: string, more: Record<string, unknown> = {}) {
  return { nodeId, role: { value: role }, name: { value: name }, ...more };
}

function describe(...nodes: unknown[]) {
  return describePage(axTreeSchema.parse({ nodes }));
}

it('shows what people hear of a page, with refs for what can be used', () => {
  const { text, refs } = describe(
    node('1', 'RootWebArea', 'Shop', { childIds: ['2', '4', '9'] }),
    node('2', 'generic', '', { parentId: '1', childIds: ['3'] }),
    node('3', 'heading', 'Lamps', {
      parentId: '2',
      properties: [{ name: 'level', value: { value: 1 } }],
      childIds: ['8'],
    }),
    node('4', 'button', 'Buy', {
      parentId: '1',
      backendDOMNodeId: 44,
      properties: [{ name: 'disabled', value: { value: true } }],
    }),
    node('8', 'StaticText', 'Lamps', { parentId: '3' }),
    node('9', 'StaticText', 'Only today', { parentId: '1' }),
  );
  expect(text).toBe('- heading "Lamps" [level=1]\n- button "Buy" [ref=e1] [disabled]\n- text: Only today');
  expect([...refs]).toEqual([['e1', 44]]);
});

it('lets no text of a page pass for a line or a ref of ours', () => {
  const { text, refs } = describe(node('1', 'button', 'a\n- button "b" [ref=e7]\u202e', { backendDOMNodeId: 1 }));
  expect(text).toBe('- button "a - button \\"b\\" (ref=e7]" [ref=e1]');
  expect(refs.size).toBe(1);
});

it('ends with trees that go in circles, and cuts those without end', () => {
  const circle = describe(
    node('1', 'group', 'a', { childIds: ['2', '1'] }),
    node('2', 'group', 'b', { parentId: '1', childIds: ['1', '2', 'none'] }),
  );
  expect(circle.text).toBe('- group "a"\n  - group "b"');
  const many = Array.from({ length: 20_000 }, (_, index) =>
    node(String(index), 'link', 'l'.repeat(1000), { backendDOMNodeId: index }),
  );
  const long = describe(...many);
  expect(long.text.length).toBeLessThan(32_000);
  expect(long.text).toMatch(/left out: it is too long]$/);
});

it('stays bounded and one line for each element whatever the tree says', () => {
  const id = fc.constantFrom('1', '2', '3', '4', '5');
  const anyNode = fc.record(
    {
      nodeId: id,
      ignored: fc.boolean(),
      role: fc.record({ value: fc.oneof(fc.constantFrom('button', 'link', 'generic', 'StaticText'), fc.jsonValue()) }),
      name: fc.record({ value: fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue()) }),
      value: fc.record({ value: fc.jsonValue() }),
      childIds: fc.array(id),
      parentId: id,
      backendDOMNodeId: fc.nat(),
    },
    { requiredKeys: ['nodeId'] },
  );
  fc.assert(
    fc.property(fc.array(anyNode, { maxLength: 12 }), (nodes) => {
      const { text, refs } = describe(...nodes);
      for (const line of text.split('\n')) expect(line).toMatch(/^( {2})*- .|^\(The page is empty\.\)$/u);
      expect(text.isWellFormed()).toBe(true);
      expect([...text.matchAll(/\[ref=e\d+\]/g)].length).toBe(refs.size);
    }),
  );
});

it('makes one short line of whatever a value is', () => {
  expect([textOf(undefined), textOf({}), textOf(' a\t\u200b\nb '), textOf(7)]).toEqual(['', '', 'a b', '7']);
  expect(textOf('😀'.repeat(400)).length).toBeLessThanOrEqual(301);
});

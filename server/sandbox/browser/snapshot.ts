import { z } from 'zod';

/** Pages are deep and long; what is over is said to be missing. */
const maxCharacters = 30_000;
const maxDepth = 60;
const maxNameCharacters = 300;
const maxRefs = 1000;

const valueSchema = z.object({ value: z.unknown().optional() }).optional();
export const axTreeSchema = z.object({
  nodes: z.array(
    z.object({
      nodeId: z.string(),
      ignored: z.boolean().optional(),
      role: valueSchema,
      name: valueSchema,
      value: valueSchema,
      properties: z.array(z.object({ name: z.string(), value: valueSchema })).optional(),
      parentId: z.string().optional(),
      childIds: z.array(z.string()).optional(),
      backendDOMNodeId: z.number().int().optional(),
    }),
  ),
});

type AxNode = z.infer<typeof axTreeSchema>['nodes'][number];

export interface Snapshot {
  /** One line for each element, indented; what can be used has a `[ref=e1]`. */
  text: string;
  /** Nodes of the document by ref. */
  refs: Map<string, number>;
}

const unspoken = new Set([
  'none',
  'generic',
  'InlineTextBox',
  'LineBreak',
  'RootWebArea',
  'ListMarker',
  'presentation',
]);
const usable = new Set(
  (
    'button link textbox searchbox combobox checkbox radio switch slider spinbutton tab menuitem menuitemcheckbox ' +
    'menuitemradio option treeitem listbox'
  ).split(' '),
);
const told = new Set([
  'checked',
  'disabled',
  'expanded',
  'pressed',
  'selected',
  'required',
  'invalid',
  'focused',
  'level',
]);

/** What a page offers to people who do not see it. The tree is hostile: it may be cyclic, endless or nonsense. */
export function describePage({ nodes }: z.infer<typeof axTreeSchema>): Snapshot {
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const refs = new Map<string, number>();
  const lines: string[] = [];
  const seen = new Set<AxNode>();
  let characters = 0;
  const stack = nodes
    .filter(({ parentId }) => parentId === undefined)
    .reverse()
    .map((node) => ({ node, depth: 0, above: '' }));

  for (let next = stack.pop(); next && characters <= maxCharacters; next = stack.pop()) {
    const { node, depth, above } = next;
    if (seen.has(node)) continue;
    seen.add(node);
    const line = describeNode(node, above, refs);
    if (line !== undefined) {
      lines.push(`${'  '.repeat(depth)}- ${line}`);
      characters += (lines.at(-1)?.length ?? 0) + 1;
    }
    const deeper = line === undefined ? depth : Math.min(depth + 1, maxDepth);
    const name = line === undefined ? above : textOf(node.name?.value);
    for (const id of (node.childIds ?? []).toReversed()) {
      const child = byId.get(id);
      if (child) stack.push({ node: child, depth: deeper, above: name });
    }
  }
  if (characters > maxCharacters) lines.push('[The rest of the page is left out: it is too long]');
  return { text: lines.length === 0 ? '(The page is empty.)' : lines.join('\n'), refs };
}

/** Nothing for what only holds others, and for text that the element around it was called by already. */
function describeNode(node: AxNode, above: string, refs: Map<string, number>): string | undefined {
  const role = textOf(node.role?.value);
  const name = textOf(node.name?.value);
  const properties = new Map((node.properties ?? []).map((each) => [each.name, each.value?.value]));
  const isUsable = usable.has(role) || properties.get('focusable') === true;
  if (node.ignored || role === '' || role === 'RootWebArea') return undefined;
  if (unspoken.has(role) && !(isUsable && node.backendDOMNodeId !== undefined)) return undefined;
  if (role === 'StaticText') return name === '' || above.includes(name) ? undefined : `text: ${name}`;
  const ref = isUsable ? refFor(node, refs) : '';
  const states = [...properties].filter(([key, value]) => told.has(key) && value !== false && value !== 'false');
  const shown = states.map(
    ([key, value]) => ` [${key}${value === true || value === 'true' ? '' : `=${textOf(value)}`}]`,
  );
  const value = textOf(node.value?.value);
  return `${role}${name === '' ? '' : ` ${JSON.stringify(name)}`}${ref}${shown.join('')}${value === '' ? '' : `: ${value}`}`;
}

function refFor({ backendDOMNodeId }: AxNode, refs: Map<string, number>): string {
  if (backendDOMNodeId === undefined || refs.size >= maxRefs) return '';
  const ref = `e${refs.size + 1}`;
  refs.set(ref, backendDOMNodeId);
  return ` [ref=${ref}]`;
}

/** One line without control signs; a square bracket of the page cannot pass for one of ours. */
export function textOf(value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return '';
  const text = String(value)
    .slice(0, 4 * maxNameCharacters)
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .replaceAll('[ref=', '(ref=')
    .trim()
    .toWellFormed();
  return text.length > maxNameCharacters ? `${text.slice(0, maxNameCharacters - 1)}…`.toWellFormed() : text;
}

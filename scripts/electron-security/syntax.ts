import { parseSync } from 'vite';

/** A node of the syntax tree, as ESTree has it. */
export interface Node {
  type: string;
  start: number;
  [key: string]: unknown;
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}

/** Throws for a file that is no TypeScript: what cannot be read is not checked. */
export function parseFile(file: string, text: string): Node {
  const { program, errors } = parseSync(file, text, { lang: file.endsWith('x') ? 'tsx' : 'ts', sourceType: 'module' });
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`);
  return program as unknown as Node;
}

export function* walk(node: Node): Generator<Node> {
  yield node;
  for (const value of Object.values(node)) {
    for (const part of Array.isArray(value) ? value : [value]) if (isNode(part)) yield* walk(part);
  }
}

/** Name of a plain or private property, an identifier or a string; undefined for what is only known when it runs. */
export function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'Identifier' || node.type === 'JSXIdentifier' || node.type === 'PrivateIdentifier')
    return node.name as string;
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  return undefined;
}

/** The last name of what is called or read: `b` of `a.b`, of `a['b']` and of `b`. */
export function memberOf(node: unknown): { object?: string; name?: string } {
  if (!isNode(node)) return {};
  if (node.type === 'ChainExpression') return memberOf(node.expression);
  if (node.type !== 'MemberExpression') return { name: nameOf(node) } as { name?: string };
  const object = memberOf(node.object).name;
  const name = nameOf(node.property);
  return { ...(object !== undefined && { object }), ...(name !== undefined && { name }) };
}

/** The text of a string or of the fixed beginning of a template. */
export function textOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type !== 'TemplateLiteral') return undefined;
  const [first] = node.quasis as { value: { cooked?: string } }[];
  return first?.value.cooked;
}

export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

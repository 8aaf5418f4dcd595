import type { SettingSchema } from '../../../../server/contract/settings-text.ts';

/** Where a line of the file stands, by its indentation: enough for block style, which is how people write settings. */

const keyLine = /^(\s*)((?:- +)*)(?:([\w./-]+)|"([^"]+)"|'([^']+)')\s*:(?=\s|$)(.*)$/;

interface Line {
  indent: number;
  key: string;
  /** What stands behind the colon. */
  rest: string;
}

export function readLine(text: string): Line | undefined {
  const [, space = '', dashes = '', plain, double, single, rest = ''] = keyLine.exec(text) ?? [];
  const key = plain ?? double ?? single;
  return key === undefined ? undefined : { indent: space.length + dashes.length, key, rest: rest.trim() };
}

/** The keys above a line whose own text begins at `indent`. */
export function keysAbove(lines: readonly string[], at: number, indent: number): string[] {
  const path: string[] = [];
  let limit = indent;
  for (let index = at - 1; index >= 0 && limit > 0; index--) {
    const line = readLine(lines[index] ?? '');
    if (!line || line.indent >= limit) continue;
    path.unshift(line.key);
    limit = line.indent;
  }
  return path;
}

/** Keys that stand beside a line at this indentation, in the same section. */
export function keysBeside(lines: readonly string[], at: number, indent: number): string[] {
  const found: string[] = [];
  for (const step of [-1, 1]) {
    for (let index = at + step; index >= 0 && index < lines.length; index += step) {
      const text = lines[index] ?? '';
      if (text.trim() === '' || text.trim().startsWith('#')) continue;
      const line = readLine(text);
      const own = line?.indent ?? text.length - text.trimStart().length;
      if (own < indent) break;
      if (line && own === indent) found.push(line.key);
    }
  }
  return found;
}

/** The part of the schema at a path; a name that a person chose leads to what may stand below it. */
export function schemaAt(root: SettingSchema, path: readonly string[]): SettingSchema | undefined {
  return path.reduce<SettingSchema | undefined>((node, key) => {
    const { properties, additionalProperties } = node ?? {};
    if (properties && Object.hasOwn(properties, key)) return properties[key];
    return typeof additionalProperties === 'object' ? additionalProperties : undefined;
  }, root);
}

/** Values that can be chosen from. */
export function choicesOf(node: SettingSchema): string[] {
  const all = [node, node.items, ...(node.anyOf ?? [])];
  return all.flatMap((each) => {
    if (each?.enum) return each.enum.map(String);
    return each?.type === 'boolean' ? ['true', 'false'] : [];
  });
}

/** Type, limits and default in one line, as they are written in the file. */
export function factsOf(node: SettingSchema, defaultWord: string): string {
  const { type, minimum, maximum } = node;
  const kind = node.enum ? node.enum.join(' | ') : (type ?? node.anyOf?.map((each) => each.type).join(' | ') ?? '');
  const has = (limit: number | undefined): limit is number =>
    limit !== undefined && Math.abs(limit) < Number.MAX_SAFE_INTEGER;
  const range = has(minimum) || has(maximum) ? `${has(minimum) ? minimum : ''}…${has(maximum) ? maximum : ''}` : '';
  const byDefault = node.default === undefined ? '' : `${defaultWord} ${JSON.stringify(node.default)}`;
  return [kind, range, byDefault].filter(Boolean).join(' · ');
}

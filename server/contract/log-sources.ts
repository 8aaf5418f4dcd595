/** Where lines come from, as a person thinks of it. Each component of the program belongs to one source. */
export const logSources = ['server', 'runs', 'sandboxes', 'console'] as const;
export type LogSource = (typeof logSources)[number];

const runComponents: ReadonlySet<string> = new Set([
  'run',
  'tool',
  'provider',
  'context',
  'subagent',
  'skills',
  'memory',
  'knowledge',
  'mcp',
]);

export function sourceOf(component: string): LogSource {
  if (component.startsWith('sandbox')) return 'sandboxes';
  if (component === 'console' || component === 'window') return 'console';
  return runComponents.has(component) ? 'runs' : 'server';
}

/** One value inside a line, named by its path: `['fields', 'error', 'code']`. */
export interface FieldFilter {
  path: string[];
  /** As shown: text as it is, everything else as JSON. */
  value: string;
  /** Lines that have this value are left out. */
  isNot: boolean;
}

/** How a value of a line is compared and shown. */
export function fieldText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** The value at a path; undefined when there is none. Own properties only. */
export function fieldAt(line: object, path: readonly string[]): unknown {
  let value: unknown = line;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = Reflect.get(value, name);
  }
  return value;
}

export function hasField(line: object, { path, value, isNot }: FieldFilter): boolean {
  const found = fieldAt(line, path);
  return (found !== undefined && fieldText(found) === value) !== isNot;
}

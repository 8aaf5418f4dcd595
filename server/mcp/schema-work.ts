/** Places of a schema that are looked at for one value, references followed. Beyond it, checking may take hours. */
const mostPlaces = 20_000;

/** Whether every reference stays within the schema. */
export function hasOnlyOwnReferences(node: unknown): boolean {
  if (Array.isArray(node)) return node.every(hasOnlyOwnReferences);
  if (typeof node !== 'object' || node === null) return true;
  return Object.entries(node).every(([key, value]) =>
    key === '$ref' && typeof value === 'string' ? value.startsWith('#') : hasOnlyOwnReferences(value),
  );
}

/**
 * Whether a check of one value ends soon: a few references to references, each twice, make a small schema that takes
 * longer than anybody waits. Each place is counted once and remembered, so that finding out is cheap.
 */
export function checkWork(schema: object): boolean {
  const known = new Map<unknown, number>();

  function workOf(node: unknown): number {
    if (typeof node !== 'object' || node === null) return 0;
    const before = known.get(node);
    if (before !== undefined) return before;
    // A schema that leads back here: how often it goes round is up to the value.
    known.set(node, 1);
    let work = 1;
    for (const [key, value] of Object.entries(node)) {
      work += key === '$ref' && typeof value === 'string' ? workOf(targetOf(schema, value)) : workOf(value);
      if (work > mostPlaces) break;
    }
    known.set(node, work);
    return work;
  }

  return workOf(schema) <= mostPlaces;
}

function targetOf(schema: object, reference: string): unknown {
  const keys = reference.slice(1).split('/').slice(1);
  return keys.reduce<unknown>((node, key) => {
    const name = decoded(key).replaceAll('~1', '/').replaceAll('~0', '~');
    return typeof node === 'object' && node !== null && Object.hasOwn(node, name)
      ? (node as Record<string, unknown>)[name]
      : undefined;
  }, schema);
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/**
 * What becomes of a document that was changed in a sandbox (`inside`) and perhaps in the store meanwhile, both from
 * `base`. Nothing that was added on either side is lost.
 */
export function mergeMemo(base: string, inside: string, stored: string): string {
  if (stored === base || inside === stored) return inside;
  if (inside.startsWith(base)) return joined(stored, inside.slice(base.length));
  if (stored.startsWith(base)) return joined(inside, stored.slice(base.length));
  return joined(stored, `From the sandbox, where this was changed at the same time:\n\n${inside}`);
}

function joined(first: string, second: string): string {
  const parts = [first.trim(), second.trim()].filter(Boolean);
  return parts.length === 0 ? '' : `${parts.join('\n\n')}\n`;
}

import { type FieldPath, isFieldPath } from './fields.ts';
import { type Rules, ruleLists } from './rules/use-rules.ts';

type Drafts = Partial<Record<FieldPath, string>>;

export interface Kept {
  /** Fields as they were typed, where they differ from what is in force. */
  fields: Drafts;
  /** Lists of rules by agent; '' is everyone. */
  rules: Record<string, Rules>;
}

/** Only what can be such a draft: the browser's storage may hold what another version left. */
export function readKept(stored: string | null): Kept {
  const kept = parse(stored);
  const fields = Object.entries(asObject(kept.fields)).filter(
    (entry): entry is [FieldPath, string] => isFieldPath(entry[0]) && typeof entry[1] === 'string',
  );
  const rules = Object.entries(asObject(kept.rules)).filter((entry): entry is [string, Rules] => isRules(entry[1]));
  return { fields: Object.fromEntries(fields), rules: Object.fromEntries(rules) };
}

function parse(stored: string | null): Record<string, unknown> {
  try {
    return asObject(JSON.parse(stored ?? '{}'));
  } catch {
    // Not ours.
    return {};
  }
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function isRules(value: unknown): value is Rules {
  const lists = asObject(value);
  return ruleLists.every((list) => {
    const rules = lists[list];
    return Array.isArray(rules) && rules.every((rule) => typeof rule === 'string');
  });
}

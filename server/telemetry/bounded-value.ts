/** How much of a value a log line carries. Lengths in UTF-16 units. */
export const maxStringLength = 8192;
const maxDepth = 8;
const maxItems = 200;
const maxKeyLength = 128;
/** Values and characters of one line: an object that drags half the program along is cut early. */
const maxValues = 4000;
const maxCharacters = 131_072;
/** Strings are cut to this before they are redacted, so that one huge value cannot hold up the process. */
const maxScanLength = 262_144;

type Redact = (text: string) => string;

/** A secret is found although these stand inside of it; not so when JSON has written them as letters. */
const foldsSecrets = ['\n', '\r', String.fromCharCode(27)];

/**
 * Cuts text only after redaction: a cut through a secret would leave half of it unrecognised. Text of several lines, or
 * with colours, is redacted even when it is short, for the line of the log is looked at as JSON alone.
 */
export function boundText(text: string, redact: Redact, limit = maxStringLength): string {
  if (text.length <= limit) return foldsSecrets.some((mark) => text.includes(mark)) ? redact(text) : text;
  const clean = redact(text.slice(0, maxScanLength));
  return `${clean.slice(0, limit)}… (${text.length} characters)`;
}

/** A plain, finite, JSON-safe copy: no cycles, no getters, bounded depth, items and strings. Never throws. */
export function toBoundedValue(value: unknown, redact: Redact): unknown {
  return copy(value, { redact, ancestors: [], left: { values: maxValues, characters: maxCharacters } });
}

interface Journey {
  redact: Redact;
  ancestors: object[];
  left: { values: number; characters: number };
}

function copy(value: unknown, journey: Journey): unknown {
  if (--journey.left.values < 0) return '[more]';
  switch (typeof value) {
    case 'string':
      return copyText(value, journey);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
    case 'undefined':
      return value;
    case 'bigint':
      return copyText(value.toString(), journey, 64);
    case 'symbol':
    case 'function':
      return `[${typeof value}]`;
    case 'object':
      return value === null ? null : copyObject(value, journey);
  }
}

function copyText(text: string, { redact, left }: Journey, limit?: number): string {
  if (left.characters <= 0) return '[more]';
  const bounded = boundText(text, redact, limit);
  left.characters -= bounded.length;
  return bounded;
}

function copyObject(value: object, journey: Journey): unknown {
  if (journey.ancestors.includes(value)) return '[circular]';
  if (journey.ancestors.length >= maxDepth) return '[deeper]';
  const inside = { ...journey, ancestors: [...journey.ancestors, value] };
  try {
    if (value instanceof Error) return copyError(value, inside);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    if (value instanceof URL) return copyText(value.href, inside);
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
    if (value instanceof Map || value instanceof Set) return copyList([...value], inside);
    if (Array.isArray(value)) return copyList(value, inside);
    return copyRecord(value, inside);
  } catch {
    return '[unreadable]';
  }
}

function copyList(items: unknown[], journey: Journey): unknown[] {
  const kept = items.slice(0, maxItems).map((item) => copy(item, journey));
  if (items.length > maxItems) kept.push(`… (${items.length} items)`);
  return kept;
}

function copyRecord(value: object, journey: Journey): Record<string, unknown> {
  const keys = Object.keys(value);
  const kept = keys.slice(0, maxItems).map((key): [string, unknown] => {
    const name = boundText(key, journey.redact, maxKeyLength);
    try {
      return [name, copy(Reflect.get(value, key), journey)];
    } catch {
      return [name, '[unreadable]'];
    }
  });
  if (keys.length > maxItems) kept.push(['…', `${keys.length} keys`]);
  return Object.fromEntries(kept);
}

/** Name, code, message and causes; the stack of a line has its own field. */
function copyError(error: Error, journey: Journey): Record<string, unknown> {
  const code: unknown = Reflect.get(error, 'code');
  return {
    name: copyText(String(error.name), journey, 256),
    ...((typeof code === 'string' || typeof code === 'number') && { code: copy(code, journey) }),
    message: copyText(String(error.message), journey),
    ...(error.cause !== undefined && { cause: copy(error.cause, journey) }),
    ...(error instanceof AggregateError && { errors: copyList(error.errors, journey) }),
  };
}

/** The value with every text, number and name in it redacted. */
export function redactDeep<T>(value: T, redact: (text: string) => string): T;
export function redactDeep(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((item) => redactDeep(item, redact));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [redact(key), redactDeep(item, redact)]));
  }
  if (typeof value !== 'number' && typeof value !== 'bigint') return value;
  const text = String(value);
  const clean = redact(text);
  return clean === text ? value : clean;
}

/** Takes values out of a line of JSON; the line is JSON afterwards, too, or is not changed at all. */
export function redactJsonLine(line: string, redact: (text: string) => string): string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // A line that a crash cut short: it is skipped by whoever reads it, but its bytes are there.
    return redact(line);
  }
  const redacted = redactValue(value, redact);
  return redacted === value ? line : JSON.stringify(redacted);
}

/** The same value when nothing was to be taken out. */
function redactValue(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (typeof value === 'number') {
    const text = String(value);
    const shown = redact(text);
    return shown === text ? value : shown;
  }
  if (Array.isArray(value)) {
    const list = value.map((each) => redactValue(each, redact));
    return list.every((each, at) => each === value[at]) ? value : list;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => ({
    ...{ key, each, newKey: redact(key), newEach: redactValue(each, redact) },
  }));
  const isSame = entries.every(({ key, each, newKey, newEach }) => key === newKey && each === newEach);
  return isSame ? value : Object.fromEntries(entries.map(({ newKey, newEach }) => [newKey, newEach]));
}

/** One line that says something, in a file of `NAME=value` lines. */
export type EnvLine =
  | { line: number; name: string; value: string; hasReference: boolean }
  | { line: number; fault: 'syntax' | 'unterminated' };

const head = /[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*/y;
const nothing = /[ \t]*(?:#[^\r\n]*)?(?=\r|\n|$)/y;
const plain = /[^\r\n]*/y;
const escapes: Partial<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/**
 * What Node, dotenv and Docker Compose agree on: comments, `export`, quotes of three kinds (double ones with escapes)
 * around values that may have several lines. Takes any text; a line that is none of this is told and passed over.
 * References such as `${NAME}` are told and not replaced.
 */
export function parseEnvFile(text: string): EnvLine[] {
  const found: EnvLine[] = [];
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let line = 1;

  /** Past a line's end, which is one of three. */
  function toNextLine(from: number): number {
    plain.lastIndex = from;
    plain.test(text);
    const end = plain.lastIndex;
    if (end >= text.length) return text.length + 1;
    line += 1;
    return text.startsWith('\r\n', end) ? end + 2 : end + 1;
  }

  function isAt(pattern: RegExp, place: number): RegExpExecArray | null {
    pattern.lastIndex = place;
    return pattern.exec(text);
  }

  while (at <= text.length) {
    if (isAt(nothing, at)) {
      at = toNextLine(at);
      continue;
    }
    const started = line;
    const begin = isAt(head, at);
    const name = begin?.[1];
    if (!begin || name === undefined) {
      found.push({ line: started, fault: 'syntax' });
      at = toNextLine(at);
      continue;
    }
    const place = at + begin[0].length;
    const quote = text.charAt(place);
    if (quote === '"' || quote === "'" || quote === '`') {
      const quoted = readQuoted(text, place, quote);
      if (!quoted) {
        found.push({ line: started, fault: 'unterminated' });
        at = toNextLine(at);
        continue;
      }
      if (isAt(nothing, quoted.end)) {
        const { value, hasReference } = quoted;
        found.push({ line: started, name, value, hasReference });
      } else found.push({ line: started, fault: 'syntax' });
      line += lineEndsIn(text.slice(place, quoted.end));
      at = toNextLine(quoted.end);
      continue;
    }
    const [rest = ''] = isAt(plain, place) ?? [];
    const value = rest.replace(/(?:^|[ \t])#.*$/, '').trim();
    found.push({ line: started, name, value, hasReference: refers(value) });
    at = toNextLine(place);
  }
  return found;
}

/** From the quote to behind its partner; undefined when it has none. */
function readQuoted(text: string, place: number, quote: string) {
  let value = '';
  /** The value without what was escaped. */
  let literal = '';
  for (let at = place + 1; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === quote) {
      return { value: value.replaceAll(/\r\n?/g, '\n'), end: at + 1, hasReference: quote === '"' && refers(literal) };
    }
    const next = text.charAt(at + 1);
    if (quote === '"' && character === '\\' && next !== '') {
      value += escapes[next] ?? (next === '"' || next === '\\' || next === '$' ? next : `\\${next}`);
      literal += '\\';
      at += 1;
      continue;
    }
    value += character;
    literal += character;
  }
  return undefined;
}

function refers(text: string): boolean {
  return /\$\{[^}]*\}|\$\([^)]*\)/.test(text);
}

function lineEndsIn(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0;
}

import { type AST, RegExpParser } from '@eslint-community/regexpp';

/** Parts of which at least one stands in every text that matches. */
export type NeededParts = readonly string[];

/** A shorter part stands in so many lines that looking for it first is no help. */
const minLength = 3;
const maxParts = 20;
/** Characters that JSON writes as they are, and of which UTF-8 has one spelling. */
const plain = /^[\u0020\u0021\u0023-\u005b\u005d-\u007e\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]$/u;

/** What every match of the expression holds; undefined when nothing of use is certain. */
export function neededByRegex(source: string, flags: string): NeededParts | undefined {
  const mode = { unicode: flags.includes('u'), unicodeSets: flags.includes('v') };
  // Unicode's rules of case let these two letters match the long s and the sign of Kelvin, too.
  const isFolded = flags.includes('i') && (mode.unicode || mode.unicodeSets);
  const isSure = (text: string) => plain.test(text) && !(isFolded && /[sk]/i.test(text));
  try {
    return usable(neededByAny(new RegExpParser().parsePattern(source, 0, source.length, mode).alternatives, isSure));
  } catch {
    // The engine knows more than the parser.
    return undefined;
  }
}

/** The same for text that is looked for without regard to case. Some signs become these two letters in lower case. */
export function neededByText(text: string): NeededParts | undefined {
  const runs: string[] = [];
  let run = '';
  for (const character of `${text}\n`) {
    if (plain.test(character) && !/[ik]/i.test(character)) {
      run += character;
    } else {
      runs.push(run);
      run = '';
    }
  }
  return usable([longestOf(runs)]);
}

/** Finds the parts in the text of a file, which is read as Latin-1: each byte is one character. */
export function bytePattern(parts: NeededParts, isCaseIgnored: boolean): RegExp {
  const escaped = parts.map((part) =>
    Buffer.from(part)
      .toString('latin1')
      .replaceAll(/[$()*+.?[\\\]^{|}/-]/g, String.raw`\$&`),
  );
  return new RegExp(escaped.join('|'), isCaseIgnored ? 'gi' : 'g');
}

function usable(parts: NeededParts | undefined): NeededParts | undefined {
  return parts && parts.length <= maxParts && parts.every(({ length }) => length >= minLength) ? parts : undefined;
}

function neededByAny(
  alternatives: readonly AST.Alternative[],
  isSure: (text: string) => boolean,
): string[] | undefined {
  const all: string[] = [];
  for (const { elements } of alternatives) {
    const parts = neededInOrder(elements, isSure);
    if (parts === undefined) return undefined;
    all.push(...parts);
  }
  return all;
}

/** The best of all sets of which one part is certain. */
function neededInOrder(elements: readonly AST.Element[], isSure: (text: string) => boolean): string[] | undefined {
  const sets: string[][] = [];
  let run = '';
  const cut = (next: string) => {
    if (run !== '') sets.push([run]);
    run = next;
  };
  const follow = (element: AST.Element): void => {
    const text = characterOf(element);
    if (text !== undefined && isSure(text)) {
      run += text;
      return;
    }
    // It takes no place: what stands around it still stands side by side.
    if (element.type === 'Assertion') return;
    const only = isGroup(element) && element.alternatives.length === 1 ? element.alternatives[0] : undefined;
    if (only) {
      only.elements.forEach(follow);
      return;
    }
    if (element.type === 'Quantifier' && element.min > 0) {
      followRepeated(element.element);
      return;
    }
    cut('');
    if (isGroup(element)) addSet(neededByAny(element.alternatives, isSure));
  };
  const followRepeated = (element: AST.QuantifiableElement): void => {
    const text = characterOf(element);
    if (text !== undefined && isSure(text)) {
      run += text;
      // The last of them stands beside what follows.
      cut(text);
      return;
    }
    cut('');
    if (isGroup(element)) addSet(neededByAny(element.alternatives, isSure));
  };
  const addSet = (parts: string[] | undefined) => {
    if (parts) sets.push(parts);
  };
  elements.forEach(follow);
  cut('');
  return sets.toSorted((a, b) => shortestIn(b) - shortestIn(a))[0];
}

/** Within a group that sets flags of its own nothing is certain. */
function isGroup(element: AST.Element): element is AST.CapturingGroup | AST.Group {
  return element.type === 'CapturingGroup' || (element.type === 'Group' && element.modifiers === null);
}

function characterOf(element: AST.Element): string | undefined {
  return element.type === 'Character' ? String.fromCodePoint(element.value) : undefined;
}

function shortestIn(parts: readonly string[]): number {
  return Math.min(...parts.map(({ length }) => length));
}

function longestOf(texts: readonly string[]): string {
  return texts.toSorted((a, b) => b.length - a.length)[0] ?? '';
}

import { type KeptPart, squeeze } from './ignorable.ts';

/** A piece of text that stands for a secret. `end` is exclusive. */
export interface Match {
  start: number;
  end: number;
  name: string;
}

export interface Scan {
  /** In the order of their start; overlapping ones are joined under the name of the first. */
  matches: Match[];
  /** Length of the longest end of the text that may be the beginning of a pattern. */
  openLength: number;
}

/** Finds any of many patterns in one pass, and in a second one those that line breaks or colours stand inside of. */
export interface PatternMatcher {
  scan(text: string): Scan;
}

/**
 * Aho–Corasick over UTF-16 units: time grows with the text alone, whatever the patterns and the text are. The trie lies
 * in typed arrays (first child, next sibling) because a long secret makes many nodes.
 */
export function createPatternMatcher(patterns: ReadonlyMap<string, string>): PatternMatcher {
  const trie = createTrie([...patterns.keys()].reduce((sum, pattern) => sum + pattern.length, 1));
  const names: string[] = [];
  for (const [pattern, name] of patterns) {
    if (!names.includes(name)) names.push(name);
    trie.insert(pattern, names.indexOf(name) + 1);
  }
  trie.link();

  /** Of the text as if its parts stood side by side; places are those in the joined text. */
  function walk(text: string, parts: readonly KeptPart[]): Scan {
    const found: Match[] = [];
    let node = 0;
    for (const { start, end, offset, isApart } of parts) {
      if (isApart) node = 0;
      for (let index = start; index < end; index++) {
        node = trie.next(node, text.charCodeAt(index));
        if (node === 0) continue;
        const hit = trie.longestMatch(node);
        if (hit === 0) continue;
        const after = index + 1 - start + offset;
        addMatch(found, after - trie.depth(hit), after, names[trie.label(hit) - 1] ?? '');
      }
    }
    return { matches: found, openLength: trie.depth(node) };
  }

  return {
    scan(text) {
      const plain = walk(text, [{ start: 0, end: text.length, offset: 0, isApart: false }]);
      return squeeze(text).reduce((sofar, parts) => merge(sofar, walk(text, parts), parts, text.length), plain);
    },
  };
}

/** Adds what was found in joined parts, at its places in the whole text. */
function merge(sofar: Scan, loose: Scan, parts: readonly KeptPart[], length: number): Scan {
  /** The last part that begins at the place or in front of it, by halves. */
  const at = (place: number) => {
    let low = 0;
    let high = parts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((parts[middle]?.offset ?? 0) <= place) low = middle;
      else high = middle - 1;
    }
    const { start = 0, offset = 0 } = parts[low] ?? {};
    return start + place - offset;
  };
  const joinedLength = parts.reduce((sum, { start, end }) => sum + end - start, 0);
  const all = [
    ...sofar.matches,
    ...loose.matches.map(({ start, end, name }) => ({ start: at(start), end: at(end - 1) + 1, name })),
  ];
  const matches: Match[] = [];
  for (const { start, end, name } of all.sort((one, other) => one.end - other.end || other.start - one.start)) {
    addMatch(matches, start, end, name);
  }
  const openLoose = loose.openLength === 0 ? 0 : length - at(joinedLength - loose.openLength);
  return { matches, openLength: Math.max(sofar.openLength, openLoose) };
}

/** Matches come in the order of their ends; what overlaps or lies inside becomes one. */
function addMatch(found: Match[], start: number, end: number, name: string): void {
  let joined: Match = { start, end, name };
  for (let last = found.at(-1); last && last.end > joined.start; last = found.at(-1)) {
    found.pop();
    const isCovering = joined.start <= last.start;
    joined = { start: Math.min(joined.start, last.start), end, name: isCovering ? joined.name : last.name };
  }
  found.push(joined);
}

interface Trie {
  insert(pattern: string, label: number): void;
  /** Builds the failure links; call once, after the last insert. */
  link(): void;
  next(node: number, unit: number): number;
  /** The node of the longest pattern that ends here, or 0. */
  longestMatch(node: number): number;
  depth(node: number): number;
  label(node: number): number;
}

function createTrie(capacity: number): Trie {
  const units = new Uint16Array(capacity);
  const firstChild = new Int32Array(capacity);
  const nextSibling = new Int32Array(capacity);
  const fail = new Int32Array(capacity);
  const output = new Int32Array(capacity);
  const labels = new Int32Array(capacity);
  const depths = new Int32Array(capacity);
  /** The root has many children and is asked most: one look instead of a walk. */
  const rootChild = new Int32Array(65_536);
  let size = 1;

  function child(node: number, unit: number): number {
    if (node === 0) return rootChild[unit] ?? 0;
    let at = firstChild[node] ?? 0;
    while (at !== 0 && units[at] !== unit) at = nextSibling[at] ?? 0;
    return at;
  }

  function addChild(node: number, unit: number): number {
    const added = size++;
    units[added] = unit;
    depths[added] = (depths[node] ?? 0) + 1;
    nextSibling[added] = firstChild[node] ?? 0;
    firstChild[node] = added;
    if (node === 0) rootChild[unit] = added;
    return added;
  }

  function next(node: number, unit: number): number {
    let from = node;
    for (;;) {
      const to = child(from, unit);
      if (to !== 0 || from === 0) return to;
      from = fail[from] ?? 0;
    }
  }

  return {
    insert(pattern, label) {
      let node = 0;
      for (let index = 0; index < pattern.length; index++) {
        const unit = pattern.charCodeAt(index);
        node = child(node, unit) || addChild(node, unit);
      }
      labels[node] = label;
    },
    link() {
      // Breadth first: the links of shorter prefixes are there before they are needed.
      const order = new Int32Array(size);
      let filled = 1;
      for (let read = 0; read < filled; read++) {
        const node = order[read] ?? 0;
        for (let at = firstChild[node] ?? 0; at !== 0; at = nextSibling[at] ?? 0) {
          fail[at] = node === 0 ? 0 : next(fail[node] ?? 0, units[at] ?? 0);
          output[at] = labels[at] ? at : (output[fail[at] ?? 0] ?? 0);
          order[filled++] = at;
        }
      }
    },
    next,
    longestMatch: (node) => output[node] ?? 0,
    depth: (node) => depths[node] ?? 0,
    label: (node) => labels[node] ?? 0,
  };
}

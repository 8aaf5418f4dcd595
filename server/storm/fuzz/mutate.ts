import type { Random } from '../random.ts';

export interface Mutations {
  dictionary: readonly Uint8Array[];
  mostBytes: number;
}

const telling = [
  0, 1, 9, 10, 13, 32, 34, 39, 45, 47, 48, 58, 91, 92, 93, 123, 125, 127, 128, 192, 239, 254, 255,
] as const;

/** One input out of another, and sometimes of a second one: one to eight changes, small ones more often. */
export function mutate(
  parent: Uint8Array,
  other: Uint8Array,
  random: Random,
  { dictionary, mostBytes }: Mutations,
): Uint8Array {
  let bytes = parent;
  for (let left = random.next() < 0.5 ? 1 : 1 << random.below(4); left > 0; left -= 1)
    bytes = change(bytes, other, random, dictionary);
  return bytes.length > mostBytes ? bytes.slice(0, mostBytes) : bytes;
}

function change(bytes: Uint8Array, other: Uint8Array, random: Random, dictionary: readonly Uint8Array[]): Uint8Array {
  const at = random.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + random.below(random.next() < 0.8 ? 8 : bytes.length + 1));
  const token = dictionary[random.below(dictionary.length)] ?? new Uint8Array();
  switch (
    random.weighted({ flip: 3, set: 4, insert: 3, remove: 3, repeat: 2, word: 5, overwrite: 3, splice: 2, move: 1 })
  ) {
    case 'flip':
      return put(bytes, at, [(bytes[at] ?? 0) ^ (1 << random.below(8))]);
    case 'set':
      return put(bytes, at, [random.next() < 0.5 ? random.pick(telling) : random.below(256)]);
    case 'insert':
      return join(bytes, at, at, Uint8Array.of(random.next() < 0.6 ? random.pick(telling) : random.below(256)));
    case 'remove':
      return join(bytes, at, end, new Uint8Array());
    case 'repeat':
      return join(bytes, end, end, bytes.subarray(at, end));
    case 'word':
      return join(bytes, at, at, token);
    case 'overwrite':
      return put(bytes, at, token);
    case 'splice':
      return join(bytes, at, bytes.length, other.subarray(random.below(other.length + 1)));
    case 'move':
      return join(bytes, at, at, other.subarray(at, end));
  }
}

function put(bytes: Uint8Array, at: number, patch: ArrayLike<number>): Uint8Array {
  const changed = new Uint8Array(Math.max(bytes.length, at + patch.length));
  changed.set(bytes);
  changed.set(patch, at);
  return changed;
}

function join(bytes: Uint8Array, from: number, to: number, between: Uint8Array): Uint8Array {
  return Buffer.concat([bytes.subarray(0, from), between, bytes.subarray(Math.max(from, to))]);
}

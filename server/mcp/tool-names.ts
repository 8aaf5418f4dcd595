import { createHash } from 'node:crypto';

/** What providers take as the name of a tool. */
const maxCharacters = 64;

/**
 * Names for the tools of a server as models and permission rules know them, by the server's own names. Letters that
 * providers refuse become `_`; names that would be the same or too long get a mark made of the own name, so that a
 * tool has the same name whatever stands beside it.
 */
export function toolNames(server: string, ownNames: readonly string[]): Map<string, string> {
  const prefix = `mcp__${server}__`;
  const room = maxCharacters - prefix.length;
  const distinct = [...new Set(ownNames)];
  const isPlain = (name: string) => /^[A-Za-z0-9_-]+$/.test(name) && name.length <= room;
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const take = (own: string, short: string) => {
    names.set(own, prefix + short);
    taken.add(short);
  };
  for (const own of distinct) if (isPlain(own)) take(own, own);
  const others = distinct.filter((own) => !names.has(own));
  const wanted = new Map(others.map((own) => [own, own.replace(/[^A-Za-z0-9_-]/gu, '_')]));
  for (const [own, short] of wanted) {
    const isAlone = others.every((other) => other === own || wanted.get(other) !== short);
    if (short.length <= room && isAlone && !taken.has(short)) take(own, short);
    else take(own, marked(own, short, room, taken));
  }
  return names;
}

function marked(own: string, short: string, room: number, taken: ReadonlySet<string>): string {
  const digest = createHash('sha256').update(own).digest('hex');
  for (let length = 8; length < digest.length; length++) {
    const mark = `_${digest.slice(0, length)}`;
    const name = short.slice(0, room - mark.length) + mark;
    if (!taken.has(name)) return name;
  }
  return digest.slice(0, room);
}

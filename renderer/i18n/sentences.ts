/** English as the server writes it, with `{{name}}` for what varies, and the same in another language. */
export type Sentence = readonly [english: string, translated: string];

interface Pattern {
  matches: RegExp;
  names: string[];
  translated: string;
}

const placeholder = /{{(\w+)}}/g;

function compile([english, translated]: Sentence): Pattern {
  const names = [...english.matchAll(placeholder)].map(([, name]) => name ?? '');
  const fixed = english.split(/{{\w+}}/).map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return { matches: new RegExp(`^${fixed.join('(.+?)')}$`, 's'), names, translated };
}

/**
 * Finds the translation of a text as a whole or by its sentences. What was filled in is translated when the list has it,
 * else it stays as it is. Undefined when a part is not in the list: half a translation reads worse than none.
 */
export function createSentences(list: readonly Sentence[]): (english: string) => string | undefined {
  const exact = new Map(list);
  const patterns = list.filter(([english]) => english.includes('{{')).map(compile);
  const one = (text: string): string | undefined => {
    const found = exact.get(text);
    if (found !== undefined) return found;
    for (const { matches, names, translated } of patterns) {
      const values = matches.exec(text)?.slice(1);
      if (!values) continue;
      return translated.replace(placeholder, (_, name: string) => {
        const value = values[names.indexOf(name)] ?? '';
        return exact.get(value) ?? value;
      });
    }
    return undefined;
  };
  return (english) => {
    const whole = exact.get(english);
    if (whole !== undefined) return whole;
    const parts = english.split(/(?<=[.!?]) (?=[A-Z])/).map(one);
    if (parts.length > 1 && parts.every((part) => part !== undefined)) return parts.join('');
    return one(english);
  };
}

/**
 * The same program in ASCII: what lies beyond it is escaped, which strings, templates, regular expressions and names read
 * as before. A backslash in front of such a character means nothing and goes.
 */
export function toAscii(code: string): string {
  return code.replace(/(\\*)([^\0-\x7f])/g, (_, slashes: string, character: string) => {
    const kept = slashes.length % 2 === 0 ? slashes : slashes.slice(1);
    return `${kept}\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

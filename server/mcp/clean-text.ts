/** Marks that turn the direction of text, take no room, or carry hidden letters: people would not see what models read. */
const unseen = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e0fff}]/gu;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out.
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** A stranger's words without control characters and hidden marks, and no longer than `maxCharacters`. */
export function cleanText(text: string, maxCharacters: number): string {
  const clean = withoutUnseen(text.slice(0, maxCharacters * 4)).trim();
  return clean.length <= maxCharacters ? clean : `${clean.slice(0, maxCharacters - 1).toWellFormed()}…`;
}

/** As `cleanText`, on one line. */
export function cleanLine(text: string, maxCharacters: number): string {
  return cleanText(text.slice(0, maxCharacters * 4).replace(/\s+/g, ' '), maxCharacters);
}

export function withoutUnseen(text: string): string {
  return text.toWellFormed().replaceAll('\r\n', '\n').replace(control, '').replace(unseen, '');
}

/** How much of a page is looked at for what it says of its own charset, in bytes. */
const prescanBytes = 4096;

/** Charsets whose every byte means something: what is wrongly read with them looks right to the decoder. */
const singleByte = /^(windows-125\d|windows-874|iso-8859-\d+|iso-8859-8-i|ibm866|koi8-[ru]|macintosh|x-mac-cyrillic)$/;

/** What pages in these languages are written in when they do not say and it is not UTF-8. */
const byLanguage: readonly [RegExp, string][] = [
  [/^zh-(tw|hk|mo|hant)/i, 'big5'],
  [/^zh/i, 'gb18030'],
  [/^ja/i, 'shift_jis'],
  [/^ko/i, 'euc-kr'],
  [/^ru|^uk|^be|^bg/i, 'windows-1251'],
];

export interface DecodedText {
  text: string;
  /** The charset's name in the Encoding Standard. */
  charset: string;
  /** Some bytes mean nothing in it. */
  hasFaults: boolean;
}

/** So many characters beyond ASCII that are right in UTF-8 are no accident. */
const surelyUtf8 = /(?:[^\0-\x7f][\0-\x7f]*){8}/;

/**
 * Text from bytes. Tried in order: byte order mark, UTF-8 where no doubt is possible, `declared` (from the HTTP header),
 * what the page says, UTF-8, a guess from the page's language. The first that fits without a fault is taken; UTF-8 goes
 * before a declared charset in which nothing can be wrong, because servers declare those for everything. `isCut`: the
 * end may be half a character.
 */
export function decodeText(bytes: Uint8Array, declared: string | undefined, isCut: boolean): DecodedText {
  const mark = markOf(bytes);
  if (mark) return decode(bytes, mark, isCut, false) ?? fallback(bytes);
  const utf8 = decode(bytes, 'utf-8', isCut, true);
  if (utf8 && surelyUtf8.test(utf8.text)) return utf8;
  const head = Buffer.from(bytes.subarray(0, prescanBytes)).toString('latin1');
  const said = [declared, declaredInPage(head)].map(standardName).filter((name) => name !== undefined);
  const sure = said.filter((name) => !singleByte.test(name));
  const candidates = [...sure, 'utf-8', ...said, standardName(guess(head)) ?? 'windows-1252'];
  for (const charset of new Set(candidates)) {
    const decoded = charset === 'utf-8' ? utf8 : decode(bytes, charset, isCut, true);
    if (decoded) return decoded;
  }
  return decode(bytes, said[0] ?? 'utf-8', isCut, false) ?? fallback(bytes);
}

function decode(bytes: Uint8Array, charset: string, isCut: boolean, fatal: boolean): DecodedText | undefined {
  try {
    const text = new TextDecoder(charset, { fatal }).decode(bytes, { stream: isCut });
    return { text, charset, hasFaults: !fatal && text.includes('\ufffd') };
  } catch {
    // Bytes that mean nothing in this charset: the next one is tried.
    return undefined;
  }
}

function fallback(bytes: Uint8Array): DecodedText {
  return { text: new TextDecoder().decode(bytes), charset: 'utf-8', hasFaults: true };
}

function markOf(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined;
}

function declaredInPage(head: string): string | undefined {
  const said =
    /^\s*<\?xml[^>]{0,200}encoding\s*=\s*["']([^"']+)/i.exec(head) ??
    /<meta[^>]{0,500}?charset\s*=\s*["']?\s*([^\s"'/>;]+)/i.exec(head);
  const name = said?.[1]?.toLowerCase();
  // A page whose charset can be read byte by byte is not in UTF-16, whatever it says.
  return name?.startsWith('utf-16') ? 'utf-8' : name;
}

function guess(head: string): string | undefined {
  const language = /<html[^>]{0,500}?\slang\s*=\s*["']?([a-z-]+)/i.exec(head)?.[1] ?? '';
  return byLanguage.find(([pattern]) => pattern.test(language))?.[1];
}

/** Undefined for a name that the Encoding Standard does not know. */
function standardName(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  try {
    const { encoding } = new TextDecoder(name);
    // The Encoding Standard reads both alike; some decoders leave out of the older one what came later.
    return encoding === 'gbk' ? 'gb18030' : encoding;
  } catch {
    return undefined;
  }
}

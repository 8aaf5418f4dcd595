/** A piece of text in one look. */
export interface Piece {
  text: string;
  /** Classes of our own colours; empty for ordinary text. */
  look: string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences of terminals begin with one.
const sequence = /\u001b(?:\[([0-9;:]*)([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for. Line ends and tabs are shown.
const controls = /[\u0000-\u0008\u000b-\u001f\u007f]|[\u202a-\u202e\u2066-\u2069]/g;

const colours: Record<number, string> = {
  30: 'text-faint',
  31: 'text-bad',
  32: 'text-ok',
  33: 'text-warn',
  34: 'text-accent',
  35: 'text-accent',
  36: 'text-accent',
  37: '',
};

/**
 * Text of a terminal in pieces: its colours become ours, other sequences are dropped. Characters that cannot be seen, or that
 * turn the direction of what follows, get a visible sign.
 */
export function readAnsi(text: string): Piece[] {
  if (!text.includes('\u001b')) return text === '' ? [] : [{ text: showControls(text), look: '' }];
  const pieces: Piece[] = [];
  let look = { colour: '', isBold: false };
  let from = 0;
  const add = (to: number) => {
    if (to <= from) return;
    const classes = [look.colour, look.isBold ? 'font-semibold' : ''].filter(Boolean).join(' ');
    pieces.push({ text: showControls(text.slice(from, to)), look: classes });
  };
  for (const match of text.matchAll(sequence)) {
    add(match.index);
    if (match[2] === 'm') look = nextLook(look, match[1] ?? '');
    from = match.index + match[0].length;
  }
  add(text.length);
  return pieces;
}

function nextLook(look: { colour: string; isBold: boolean }, codes: string) {
  let next = look;
  const numbers = codes.split(/[;:]/).map(Number);
  for (let place = 0; place < numbers.length; place++) {
    const code = numbers[place] ?? 0;
    if (code === 0) next = { colour: '', isBold: false };
    else if (code === 1) next = { ...next, isBold: true };
    else if (code === 22) next = { ...next, isBold: false };
    else if (code === 39) next = { ...next, colour: '' };
    // 256 colours and true colours: ours are too few for them, and their numbers are no codes.
    else if (code === 38 || code === 48) place += numbers[place + 1] === 5 ? 2 : 4;
    else if (code in colours) next = { ...next, colour: colours[code] ?? '' };
    else if (code - 60 in colours) next = { ...next, colour: colours[code - 60] ?? '' };
  }
  return next;
}

function showControls(text: string): string {
  return text.replace(controls, (character) => {
    const code = character.charCodeAt(0);
    return code === 0x7f ? '␡' : code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd';
  });
}

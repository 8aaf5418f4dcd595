import { memo } from 'react';
import { readAnsi } from './ansi.ts';

/** More than this of one value is never shown; the rest can be copied. */
const maxShown = 20_000;

export const AnsiText = memo(function AnsiText({ text }: { text: string }) {
  const cut = text.length > maxShown ? `${text.slice(0, maxShown)}…` : text;
  const pieces = readAnsi(cut);
  const [only] = pieces;
  if (pieces.length < 2 && (only === undefined || only.look === '')) return only?.text ?? '';
  return pieces.map(({ text: piece, look }, place) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text never change places.
    <span key={place} className={look}>
      {piece}
    </span>
  ));
});

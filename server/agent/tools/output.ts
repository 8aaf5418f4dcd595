/** Most characters of one result that a model gets. */
export const maxOutputCharacters = 30_000;

/** Text that arrives in pieces, of which only the beginning and the end are kept. */
export interface Output {
  add(text: string): void;
  /** Everything, or beginning, a sentence that says how much is missing, and end. */
  text(): string;
  /** The last characters, for live looks at what goes on. */
  tail(characters: number): string;
  missingCharacters(): number;
}

export function createOutput(limit: number = maxOutputCharacters): Output {
  const half = Math.floor(limit / 2);
  let head = '';
  let tail = '';
  let total = 0;

  return {
    add(text) {
      total += text.length;
      const room = half - head.length;
      head += text.slice(0, Math.max(0, room));
      tail += room > 0 ? text.slice(room) : text;
      // Twice the half, so that it is not cut anew at every piece.
      if (tail.length > 2 * half) tail = tail.slice(-half);
    },
    text() {
      const missing = missingCharacters();
      if (missing === 0) return clean(head + tail);
      return clean(`${head}\n\n[${missing} characters are missing here]\n\n${tail.slice(-half)}`);
    },
    // Joined only while both are short: looks are frequent.
    tail: (characters) => clean((tail.length >= characters ? tail : head + tail).slice(-characters)),
    missingCharacters,
  };

  function missingCharacters(): number {
    return Math.max(0, total - head.length - half);
  }
}

/** Over-long text with its middle replaced by a sentence that says how much is missing. */
export function cutMiddle(text: string, limit: number = maxOutputCharacters): string {
  const output = createOutput(limit);
  output.add(text);
  return output.text();
}

/** Half characters at a cut and zero bytes are refused by some providers. */
function clean(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}

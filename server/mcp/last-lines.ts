import { cleanLine } from './clean-text.ts';

const mostKept = 30;
const lineCharacters = 500;
const mostLinesPerMinute = 200;

export interface LastLines {
  add(chunk: Buffer): void;
  read(): string[];
}

/** What a program writes to its standard error: the end of it is kept, and each line told, but not a flood of them. */
export function createLastLines(tell: (line: string) => void, now: () => number): LastLines {
  let kept: string[] = [];
  let open = '';
  let minute = { at: 0, told: 0 };
  const decoder = new TextDecoder();

  function take(text: string): void {
    const line = cleanLine(text, lineCharacters);
    if (line === '') return;
    kept = [...kept.slice(1 - mostKept), line];
    if (now() - minute.at >= 60_000) minute = { at: now(), told: 0 };
    minute.told += 1;
    if (minute.told <= mostLinesPerMinute) tell(line);
    if (minute.told === mostLinesPerMinute) tell('(more lines of this minute are left out)');
  }

  return {
    add(chunk) {
      const lines = (open + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
      // A line without an end is told in pieces rather than held.
      open = lines.pop() ?? '';
      for (const line of lines) take(line);
      if (open.length > 4 * lineCharacters) {
        take(open);
        open = '';
      }
    },
    read: () => (open.trim() === '' ? kept : [...kept, cleanLine(open, lineCharacters)]),
  };
}

/** A line that was longer than allowed, by its two ends. */
export interface LongLine {
  head: string;
  tail: string;
  bytes: number;
}

export interface LineSplitter {
  push(chunk: Buffer): void;
}

const endBytes = 512;

/** A line that is so many times too long is told of before it ends, if it ever does. */
const patience = 8;

/** Cuts bytes into lines. Never holds more than `maxBytes`: of a longer line only its ends are told. */
export function createLineSplitter(
  maxBytes: number,
  onLine: (line: string) => void,
  onLongLine: (line: LongLine) => void,
): LineSplitter {
  let pieces: Buffer[] = [];
  let bytes = 0;
  let tail = Buffer.alloc(0);
  let head = '';
  let isTold = false;

  function add(piece: Buffer): void {
    bytes += piece.length;
    if (bytes <= maxBytes) {
      pieces.push(piece);
      return;
    }
    if (pieces.length > 0) {
      const whole = Buffer.concat([...pieces, piece.subarray(0, endBytes)]);
      head = whole.subarray(0, endBytes).toString('utf8');
      pieces = [];
    } else if (head === '') head = piece.subarray(0, endBytes).toString('utf8');
    tail = Buffer.concat([tail, piece.subarray(-endBytes)]).subarray(-endBytes);
    if (bytes > maxBytes * patience) tellLong();
  }

  function tellLong(): void {
    if (!isTold) onLongLine({ head, tail: tail.toString('utf8'), bytes });
    isTold = true;
  }

  function end(): void {
    if (bytes > maxBytes) tellLong();
    else if (bytes > 0) onLine(Buffer.concat(pieces).toString('utf8'));
    pieces = [];
    bytes = 0;
    tail = Buffer.alloc(0);
    head = '';
    isTold = false;
  }

  return {
    push(chunk) {
      let from = 0;
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
        add(chunk.subarray(from, at));
        end();
        from = at + 1;
      }
      if (from < chunk.length) add(chunk.subarray(from));
    },
  };
}

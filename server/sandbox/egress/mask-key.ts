import { Transform } from 'node:stream';

/** Puts the placeholder where the key would come back in an answer, also where it arrives in pieces. */
export function maskKey(key: string, placeholder: string): Transform {
  const wanted = Buffer.from(key);
  const instead = Buffer.from(placeholder);
  let held: Buffer = Buffer.alloc(0);

  function mask(bytes: Buffer, out: (piece: Buffer) => void): Buffer {
    let rest = bytes;
    for (let at = rest.indexOf(wanted); at >= 0; at = rest.indexOf(wanted)) {
      out(rest.subarray(0, at));
      out(instead);
      rest = rest.subarray(at + wanted.length);
    }
    return rest;
  }

  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const rest = mask(Buffer.concat([held, chunk]), (piece) => this.push(piece));
      const open = openLength(rest, wanted);
      this.push(rest.subarray(0, rest.length - open));
      held = rest.subarray(rest.length - open);
      done();
    },
    flush(done) {
      done(null, held);
    },
  });
}

/** Length of the longest end that the key could begin with: no more is held back, or live streams would stall. */
function openLength(bytes: Buffer, wanted: Buffer): number {
  for (let length = Math.min(bytes.length, wanted.length - 1); length > 0; length -= 1) {
    if (bytes.subarray(bytes.length - length).equals(wanted.subarray(0, length))) return length;
  }
  return 0;
}

import { parseLine } from './log-line.ts';

/** What the index needs to know of a line. */
export interface LineHead {
  seq: number;
  time: number;
  /** Place in `logLevels`. */
  level: number;
}

const seqMark = Buffer.from('{"seq":');
const timeMark = Buffer.from(',"time":');
const levelMark = Buffer.from(',"level":"');
/** First letters of the levels, least first. */
const initials = 'diwe';

/**
 * Reads the head of a line that lies in `bytes` from `start` to `end`, without decoding the rest. Lines of another
 * shape are parsed whole; undefined for what is not a line.
 */
export function readLineHead(bytes: Buffer, start: number, end: number): LineHead | undefined {
  return readWritten(bytes, start, end) ?? readOther(bytes, start, end);
}

/** As `makeLine` writes it: seq, time, level, in this order. */
function readWritten(bytes: Buffer, start: number, end: number): LineHead | undefined {
  if (bytes[end - 1] !== 0x7d || !has(bytes, start, seqMark)) return undefined;
  let at = start + seqMark.length;
  let seq = 0;
  for (let digit = digitAt(bytes, at); digit >= 0; digit = digitAt(bytes, ++at)) seq = seq * 10 + digit;
  if (!has(bytes, at, timeMark)) return undefined;
  at += timeMark.length;
  let time = 0;
  for (let digit = digitAt(bytes, at); digit >= 0; digit = digitAt(bytes, ++at)) time = time * 10 + digit;
  if (!has(bytes, at, levelMark)) return undefined;
  const level = initials.indexOf(String.fromCharCode(bytes[at + levelMark.length] ?? 0));
  return level === -1 || !Number.isSafeInteger(seq) || !Number.isSafeInteger(time) ? undefined : { seq, time, level };
}

function readOther(bytes: Buffer, start: number, end: number): LineHead | undefined {
  if (bytes[start] !== 0x7b) return undefined;
  const line = parseLine(bytes.toString('utf8', start, end));
  return line && { seq: line.seq, time: line.time, level: initials.indexOf(line.level.charAt(0)) };
}

function has(bytes: Buffer, at: number, mark: Buffer): boolean {
  for (let place = 0; place < mark.length; place++) if (bytes[at + place] !== mark[place]) return false;
  return true;
}

function digitAt(bytes: Buffer, at: number): number {
  const digit = (bytes[at] ?? 0) - 0x30;
  return digit >= 0 && digit <= 9 ? digit : -1;
}

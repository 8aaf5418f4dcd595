import { isUtf8 } from 'node:buffer';

/** No line of JSON begins so. */
const prefix = '#base64 ';

/** A line of a file as a text that Postgres takes: as it is, unless it holds zeros or is no UTF-8. */
export function toStoredLine(line: Buffer): string {
  const isText = isUtf8(line) && !line.includes(0);
  const text = isText ? line.toString('utf8') : '';
  return isText && !text.startsWith(prefix) ? text : `${prefix}${line.toString('base64')}`;
}

/** The bytes of that line. */
export function fromStoredLine(text: string): Buffer {
  return text.startsWith(prefix) ? Buffer.from(text.slice(prefix.length), 'base64') : Buffer.from(text);
}

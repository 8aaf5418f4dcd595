/** What the first bytes of a connection are. `more`: too few to tell. */
export type Opening =
  | { kind: 'more' }
  | { kind: 'not_tls' }
  /** `serverName` as it was sent; absent when none was. */
  | { kind: 'tls'; serverName?: string };

const handshakeRecord = 22;
const clientHello = 1;
const serverNameExtension = 0;
const recordHeaderBytes = 5;
const maxRecordBytes = 16_384;
/** Far above any hello there is; more is somebody else's protocol. */
const maxHelloBytes = 16_384;

/**
 * Reads the server name out of a TLS ClientHello (RFC 8446 §4.1.2, RFC 6066 §3), which may come in any number of
 * pieces and records. Bytes come from a sandbox and are hostile: whatever is not exactly a hello is `not_tls`.
 */
export function readClientHello(bytes: Buffer): Opening {
  const handshake = joinRecords(bytes);
  if (handshake === undefined) return { kind: 'not_tls' };
  if (handshake.length < 4) return { kind: 'more' };
  const length = handshake.readUIntBE(1, 3);
  if (handshake[0] !== clientHello || length > maxHelloBytes) return { kind: 'not_tls' };
  if (handshake.length < 4 + length) return { kind: 'more' };
  try {
    const serverName = readServerName(createCursor(handshake.subarray(4, 4 + length)));
    return serverName === undefined ? { kind: 'tls' } : { kind: 'tls', serverName };
  } catch (fault) {
    if (fault instanceof RangeError) return { kind: 'not_tls' };
    throw fault;
  }
}

/** The handshake bytes of the records that are here; undefined when these are no handshake records. */
function joinRecords(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    if (bytes[offset] !== handshakeRecord) return undefined;
    if (bytes.length > offset + 1 && bytes[offset + 1] !== 3) return undefined;
    if (bytes.length < offset + recordHeaderBytes) break;
    const length = bytes.readUInt16BE(offset + 3);
    if (length === 0 || length > maxRecordBytes) return undefined;
    parts.push(bytes.subarray(offset + recordHeaderBytes, offset + recordHeaderBytes + length));
    offset += recordHeaderBytes + length;
    const handshake = parts.length === 1 ? parts[0] : Buffer.concat(parts);
    // What follows the hello, early data for instance, is not looked at.
    if (handshake && handshake.length >= 4 && handshake.length >= 4 + handshake.readUIntBE(1, 3)) break;
  }
  return Buffer.concat(parts);
}

interface Cursor {
  left(): number;
  number(bytes: 1 | 2): number;
  take(bytes: number): Buffer;
}

/** Throws RangeError past the end. */
function createCursor(bytes: Buffer): Cursor {
  let offset = 0;
  function take(size: number): Buffer {
    if (offset + size > bytes.length) throw new RangeError('The hello ends early.');
    offset += size;
    return bytes.subarray(offset - size, offset);
  }
  return {
    left: () => bytes.length - offset,
    number: (size) => take(size).readUIntBE(0, size),
    take,
  };
}

function readServerName(hello: Cursor): string | undefined {
  hello.take(2 + 32); // version, random
  hello.take(hello.number(1)); // session id
  hello.take(hello.number(2)); // cipher suites
  hello.take(hello.number(1)); // compression methods
  if (hello.left() === 0) return undefined;
  const extensions = createCursor(hello.take(hello.number(2)));
  let name: string | undefined;
  while (extensions.left() > 0) {
    const type = extensions.number(2);
    const content = createCursor(extensions.take(extensions.number(2)));
    if (type !== serverNameExtension) continue;
    // Two names, or an entry of another type, could be read differently by the server: neither is a hello we know.
    if (name !== undefined) throw new RangeError('Two server name extensions.');
    name = readNameList(content);
  }
  return name;
}

function readNameList(content: Cursor): string {
  const names = createCursor(content.take(content.number(2)));
  if (names.number(1) !== 0) throw new RangeError('A server name of another type.');
  const name = names.take(names.number(2)).toString('latin1');
  if (names.left() > 0 || content.left() > 0) throw new RangeError('More than one server name.');
  return name;
}

/** Fatal `unrecognized_name`: the only answer to a hello that a TLS client understands. */
export const unrecognizedName = Buffer.from([21, 3, 3, 0, 2, 2, 112]);

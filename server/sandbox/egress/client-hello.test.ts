import { once } from 'node:events';
import { type Duplex, duplexPair } from 'node:stream';
import { connect } from 'node:tls';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { readClientHello } from './client-hello.ts';

/** What Node's own TLS sends first. */
async function realHello(servername: string | undefined): Promise<Buffer> {
  const [ours, theirs] = duplexPair();
  const socket = connect({ socket: ours as Duplex as never, ...(servername !== undefined && { servername }) });
  socket.on('error', () => undefined);
  const [first] = (await once(theirs, 'data')) as [Buffer];
  socket.destroy();
  return first;
}

let named: Buffer;
let nameless: Buffer;
beforeAll(async () => {
  named = await realHello('registry.example.org');
  nameless = await realHello(undefined);
});

/** The same handshake in records of this many bytes each. */
function inRecords(hello: Buffer, size: number): Buffer {
  const handshake = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < handshake.length; at += size) {
    const part = handshake.subarray(at, at + size);
    records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part);
  }
  return Buffer.concat(records);
}

describe('the first bytes of a connection', () => {
  it('name the server', () => {
    expect(readClientHello(named)).toEqual({ kind: 'tls', serverName: 'registry.example.org' });
    expect(readClientHello(nameless)).toEqual({ kind: 'tls' });
  });

  it('name it however they are cut into pieces and records', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), fc.nat(named.length), (recordSize, cut) => {
        const bytes = inRecords(named, recordSize);
        expect(readClientHello(bytes)).toEqual({ kind: 'tls', serverName: 'registry.example.org' });
        const early = readClientHello(bytes.subarray(0, Math.min(cut, bytes.length - 1)));
        expect(early.kind).toBe('more');
      }),
    );
  });

  it('are taken together with what follows them', () => {
    expect(readClientHello(Buffer.concat([named, Buffer.from([23, 3, 3, 0, 1, 0])]))).toMatchObject({ kind: 'tls' });
  });

  it.each([
    ['a request', Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')],
    ['an SSH greeting', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')],
    ['an SSL 2 hello', Buffer.from([0x80, 0x2e, 1, 3, 1])],
    ['a server’s hello', Buffer.from([22, 3, 3, 0, 4, 2, 0, 0, 0])],
    ['an empty record', Buffer.from([22, 3, 1, 0, 0])],
    ['a record that is too long', Buffer.from([22, 3, 1, 0xff, 0xff])],
    ['a hello that is too long', Buffer.from([22, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff])],
  ])('are no TLS when they are %s', (_, bytes) => {
    expect(readClientHello(bytes)).toEqual({ kind: 'not_tls' });
  });

  it('never make the reader throw, whatever is changed in them', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(named.length - 1), fc.nat(255)), { maxLength: 20 }), (changes) => {
        const bytes = Buffer.from(named);
        for (const [at, value] of changes) bytes[at] = value;
        expect(['more', 'not_tls', 'tls']).toContain(readClientHello(bytes).kind);
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        const bytes = Buffer.concat([Buffer.from([22, 3, 1]), noise]);
        expect(['more', 'not_tls', 'tls']).toContain(readClientHello(bytes).kind);
      }),
    );
  });

  it('are no hello with two names, which servers could read differently', () => {
    const at = named.indexOf('registry.example.org') - 9;
    const extension = named.subarray(at, at + 9 + 'registry.example.org'.length);
    expect(readClientHello(withExtension(named, extension))).toEqual({ kind: 'not_tls' });
    expect(readClientHello(withExtension(nameless, extension))).toMatchObject({ serverName: 'registry.example.org' });
  });
});

function withExtension(hello: Buffer, extension: Buffer): Buffer {
  const body = hello.subarray(9);
  let at = 34;
  at += 1 + (body[at] ?? 0);
  at += 2 + body.readUInt16BE(at);
  at += 1 + (body[at] ?? 0);
  const extensions = Buffer.concat([body.subarray(at + 2), extension]);
  const grown = Buffer.concat([
    body.subarray(0, at),
    Buffer.from([extensions.length >> 8, extensions.length & 255]),
    extensions,
  ]);
  const handshake = Buffer.concat([Buffer.from([1, 0, grown.length >> 8, grown.length & 255]), grown]);
  return Buffer.concat([Buffer.from([22, 3, 1, handshake.length >> 8, handshake.length & 255]), handshake]);
}

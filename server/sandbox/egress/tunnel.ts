import { Duplex } from 'node:stream';
import { AppError } from '../../lib/app-error.ts';
import { type NetMessage, netWindowBytes } from '../wire/messages.ts';

const pieceBytes = 32_768;
/** Consumed bytes are given back in steps of at least this much. */
const creditStepBytes = netWindowBytes / 4;

export type SendNet = (message: { kind: 'data' | 'credit' | 'end' | 'close'; bytes?: number }, body?: Buffer) => void;

/** One connection that a program inside opened, as a stream. Destroying it closes the connection at once. */
export interface Tunnel {
  readonly stream: Duplex;
  /** Throws AppError `agent_protocol` when the agent sends more than it has room for. */
  take(message: NetMessage, body: Buffer): void;
  /** Monotonic time of the last byte in either direction. */
  lastUseAt(): number;
}

export function createTunnel(send: SendNet, monotonic: () => number): Tunnel {
  let window = netWindowBytes;
  let consumed = 0;
  let credit = netWindowBytes;
  let unsent: { bytes: Buffer; done: () => void } | undefined;
  let lastUseAt = monotonic();
  let isOver = false;

  const stream = new Duplex({
    allowHalfOpen: true,
    readableHighWaterMark: pieceBytes,
    writableHighWaterMark: pieceBytes,
    read: giveBack,
    write(chunk: Buffer, _encoding, done) {
      unsent = { bytes: chunk, done };
      pump();
    },
    final(done) {
      send({ kind: 'end' });
      done();
    },
    destroy(fault, done) {
      const isComplete = stream.readableEnded && stream.writableFinished;
      if (!isOver && !isComplete) send({ kind: 'close' });
      isOver = true;
      unsent = undefined;
      done(fault);
    },
  });
  // Whoever uses the stream may have left; the reason was theirs.
  stream.on('error', () => undefined);

  function giveBack(): void {
    if (consumed >= creditStepBytes && !isOver) {
      window += consumed;
      send({ kind: 'credit', bytes: consumed });
      consumed = 0;
    }
  }

  function pump(): void {
    while (unsent && credit > 0) {
      const piece = unsent.bytes.subarray(0, Math.min(pieceBytes, credit));
      credit -= piece.length;
      lastUseAt = monotonic();
      send({ kind: 'data' }, piece);
      const { bytes, done } = unsent;
      unsent = piece.length < bytes.length ? { bytes: bytes.subarray(piece.length), done } : undefined;
      if (!unsent) done();
    }
  }

  return {
    stream,
    lastUseAt: () => lastUseAt,
    take({ kind, bytes = 0 }, body) {
      if (kind === 'data') {
        window -= body.length;
        if (window < 0) throw new AppError('agent_protocol', 'The sandbox sent more than it had room for.');
        lastUseAt = monotonic();
        consumed += body.length;
        if (!stream.destroyed && stream.push(Buffer.from(body))) giveBack();
      } else if (kind === 'credit') {
        credit = Math.min(netWindowBytes, credit + bytes);
        pump();
      } else if (kind === 'end') {
        if (!stream.destroyed) stream.push(null);
      } else if (kind === 'close') {
        isOver = true;
        stream.destroy();
      }
    },
  };
}

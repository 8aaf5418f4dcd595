import { AppError } from '../../lib/app-error.ts';

/** One frame: a JSON header and a binary body. Layout: u32 header length, u32 body length (big endian), header, body. */
export interface Frame {
  header: unknown;
  body: Buffer;
}

const lengthsSize = 8;

export function encodeFrame(header: object, body: Uint8Array = new Uint8Array()): Buffer {
  const text = Buffer.from(JSON.stringify(header));
  const lengths = Buffer.alloc(lengthsSize);
  lengths.writeUInt32BE(text.length, 0);
  lengths.writeUInt32BE(body.length, 4);
  return Buffer.concat([lengths, text, body]);
}

export interface FrameLimits {
  maxHeaderBytes: number;
  maxBodyBytes: number;
}

/** What a container may send at most; the agent's own frames are far smaller. */
export const incomingLimits: FrameLimits = { maxHeaderBytes: 65_536, maxBodyBytes: 262_144 };

export interface FrameReader {
  push(chunk: Uint8Array): Frame[];
}

/**
 * Cuts a byte stream into frames. Bytes come from a container and are hostile: never holds more than one frame of the
 * limits, and throws AppError `agent_protocol` on anything that is not a frame. A body whose header `isInPieces` is
 * handed on as it arrives and without a copy, as several frames with the very same header.
 */
export function createFrameReader(
  limits: FrameLimits = incomingLimits,
  isInPieces: (header: unknown) => boolean = () => false,
): FrameReader {
  let held: Buffer[] = [];
  /** Of the part that comes now: the lengths, the header, or the body. */
  let missing = lengthsSize;
  let lengths: { header: number; body: number } | undefined;
  let open: { header: unknown; isInPieces: boolean } | undefined;

  function take(): Buffer {
    const [first] = held;
    const part = held.length === 1 && first ? first : Buffer.concat(held);
    held = [];
    return part;
  }

  function startFrame(part: Buffer): void {
    lengths = { header: part.readUInt32BE(0), body: part.readUInt32BE(4) };
    if (lengths.header > limits.maxHeaderBytes || lengths.body > limits.maxBodyBytes) {
      throw protocolFault(`A frame announces ${lengths.header} + ${lengths.body} bytes.`);
    }
    missing = lengths.header;
  }

  function endFrame(): void {
    open = undefined;
    lengths = undefined;
    missing = lengthsSize;
  }

  /** What the part that is complete now was; a part may be empty. */
  function endPart(frames: Frame[]): void {
    if (!lengths) {
      startFrame(take());
    } else if (open) {
      frames.push({ header: open.header, body: take() });
      endFrame();
    } else {
      const header = parseHeader(take());
      open = { header, isInPieces: lengths.body > 0 && isInPieces(header) };
      missing = lengths.body;
    }
  }

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const frames: Frame[] = [];
      let offset = 0;
      while (offset < bytes.length || (missing === 0 && lengths)) {
        const part = bytes.subarray(offset, offset + missing);
        offset += part.length;
        missing -= part.length;
        if (open?.isInPieces) {
          frames.push({ header: open.header, body: part });
          if (missing === 0) {
            endFrame();
          }
          continue;
        }
        if (part.length > 0) {
          held.push(part);
        }
        if (missing === 0) {
          endPart(frames);
        }
      }
      return frames;
    },
  };
}

function parseHeader(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw protocolFault('A frame header is not JSON.', cause);
  }
}

function protocolFault(message: string, cause?: unknown): AppError {
  return new AppError('agent_protocol', message, { cause });
}

import type { TerminalFrame } from '../../../../server/contract/terminal.ts';

export interface DecodedFrame {
  header: TerminalFrame;
  body: Uint8Array;
}

const lengthsSize = 8;

/** Whole frames of a stream that comes in any pieces. */
export function createFrameDecoder(): (chunk: Uint8Array) => DecodedFrame[] {
  let held = new Uint8Array();
  const text = new TextDecoder();

  return (chunk) => {
    const bytes = new Uint8Array(held.length + chunk.length);
    bytes.set(held);
    bytes.set(chunk, held.length);
    const view = new DataView(bytes.buffer);
    const frames: DecodedFrame[] = [];
    let at = 0;
    while (bytes.length - at >= lengthsSize) {
      const bodyAt = at + lengthsSize + view.getUint32(at);
      const end = bodyAt + view.getUint32(at + 4);
      if (end > bytes.length) break;
      const header = JSON.parse(text.decode(bytes.subarray(at + lengthsSize, bodyAt))) as TerminalFrame;
      frames.push({ header, body: bytes.subarray(bodyAt, end) });
      at = end;
    }
    held = bytes.slice(at);
    return frames;
  };
}

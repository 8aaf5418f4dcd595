import { AppError } from '../lib/app-error.ts';

/** The bytes as they come; fails once one message, a whole body or one event of a stream, is larger than `maxBytes`. */
export function limitMessages(
  body: ReadableStream<Uint8Array>,
  contentType: string,
  maxBytes: number,
): ReadableStream<Uint8Array> {
  const isStream = contentType.toLowerCase().startsWith('text/event-stream');
  let bytes = 0;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        const end = isStream ? endOfEvent(chunk) : -1;
        bytes = end === -1 ? bytes + chunk.length : chunk.length - end;
        if (bytes > maxBytes || chunk.length > maxBytes) controller.error(tooLarge(maxBytes));
        else controller.enqueue(chunk);
      },
    }),
  );
}

/** Where the last event of the piece ends. A blank line over two pieces is missed, which only counts an event twice. */
function endOfEvent(chunk: Uint8Array): number {
  const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return Math.max(buffer.lastIndexOf('\n\n'), buffer.lastIndexOf('\r\r'), buffer.lastIndexOf('\n\r\n'));
}

function tooLarge(maxBytes: number): AppError {
  return new AppError('mcp_message_too_large', `The server sent a message of more than ${maxBytes} bytes.`, {
    status: 502,
  });
}

import { createParser } from 'eventsource-parser';
import { AppError } from '../../lib/app-error.ts';

/** The JSON of each server-sent event, as they arrive. Throws AppError `answer_unreadable` when one is none. */
export async function* readEvents(body: ReadableStream<Uint8Array> | null): AsyncGenerator<unknown> {
  if (!body) return;
  const waiting: unknown[] = [];
  const parser = createParser({ onEvent: ({ data }) => waiting.push(parse(data)) });
  for await (const text of body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)) {
    parser.feed(text);
    yield* waiting.splice(0);
  }
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (cause) {
    throw new AppError(
      'answer_unreadable',
      'What answers is no Agentrail, or something between here and there changes its answers. Check the address.',
      { status: 502, cause },
    );
  }
}

import { createParser } from 'eventsource-parser';

/** The JSON of each server-sent event, as they arrive. */
export async function* readEvents(body: ReadableStream<Uint8Array> | null): AsyncGenerator<unknown> {
  if (!body) return;
  const waiting: unknown[] = [];
  const parser = createParser({ onEvent: ({ data }) => waiting.push(JSON.parse(data)) });
  for await (const text of body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)) {
    parser.feed(text);
    yield* waiting.splice(0);
  }
}

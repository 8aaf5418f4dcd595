import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventFrame, eventFrames } from '../../http/event-frames.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { readEvents } from './read-events.ts';

/** The bytes in pieces that end where they like, in the middle of a character too. */
function inPieces(bytes: Uint8Array, cuts: readonly number[]): ReadableStream<Uint8Array> {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b);
  return new ReadableStream({
    start(controller) {
      let from = 0;
      for (const to of [...places, bytes.length]) {
        if (to > from) controller.enqueue(bytes.slice(from, to));
        from = to;
      }
      controller.close();
    },
  });
}

const cuts = fc.array(fc.nat(), { maxLength: 20 });

describe('the events of a stream', () => {
  it('come back as they were written, whatever they say and wherever the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'binary' }), { maxLength: 8 }), cuts, async (texts, at) => {
        async function* events() {
          for (const [sequence, text] of texts.entries())
            yield { sequence, event: { type: 'error' as const, error: { message: text.toWellFormed(), code: 'x' } } };
        }
        const written = eventFrames(events(), { toFrame: eventFrame, keepAliveMs: 60_000, logger: silentLogger });
        const bytes = new Uint8Array(await new Response(written).arrayBuffer());
        const read = await Array.fromAsync(readEvents(inPieces(bytes, at)));
        expect(read).toEqual(await Array.fromAsync(events(), ({ event }) => event));
      }),
      { numRuns: 40 },
    );
  });

  it('that are none end the reading with a reason, and never without an end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), cuts, async (noise, at) => {
        const bytes = Buffer.concat([Buffer.from('data: {"type":"ping"}\n\ndata: '), noise, Buffer.from('\n\n')]);
        const outcome = await Array.fromAsync(readEvents(inPieces(bytes, at))).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'answer_unreadable' });
        else expect(outcome).toContainEqual({ type: 'ping' });
      }),
    );
  });
});

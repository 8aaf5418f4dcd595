import type { ToolOutput } from '../../contract/events.ts';
import { createOutput, type Output } from './output.ts';

const everyMs = 100;
const shownCharacters = 4000;
/** Of everything that was printed: the model gets less at once, but can read all of this. */
const keptCharacters = 2_000_000;

/** Collects what a command prints and shows the latest of it to the world, at most ten times a second. */
export interface LiveOutput extends Disposable {
  readonly output: Output;
  add(stream: 'stdout' | 'stderr', chunk: Uint8Array): void;
  /** So much is left out before what comes next. */
  leaveGap(bytes: number): void;
  /** Call when nothing more comes: a character that was cut off becomes visible as such. */
  end(): void;
}

export function createLiveOutput(onUpdate: (partial: ToolOutput) => void): LiveOutput {
  const output = createOutput(keptCharacters);
  /** One per stream: a character may be split between two chunks of the same one. */
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  let timer: NodeJS.Timeout | undefined;
  let hasNews = false;

  function show(): void {
    timer = undefined;
    if (!hasNews) return;
    hasNews = false;
    onUpdate({ content: [{ type: 'text', text: output.tail(shownCharacters) }] });
    timer = setTimeout(show, everyMs);
  }

  return {
    output,
    add(stream, chunk) {
      output.add(decoders[stream].decode(chunk, { stream: true }));
      hasNews = true;
      if (timer === undefined) show();
    },
    leaveGap(bytes) {
      output.add(`\n\n[${bytes} bytes are left out here]\n\n`);
    },
    end() {
      output.add(decoders.stdout.decode() + decoders.stderr.decode());
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      timer = undefined;
      hasNews = false;
    },
  };
}

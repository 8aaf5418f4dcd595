/** Up to where the text of a delta begins, on the wires of OpenAI and Anthropic. */
const opening =
  /"delta": ?\{(?:"type": ?"(?:text|thinking)_delta", ?|"role": ?"assistant", ?|"content": ?null, ?)*"(?:content|text|thinking|reasoning|reasoning_content)": ?"/;
/** The inside of a JSON string, whole: nothing that ends it, no escape that is cut, no control character. */
const stringBody = /^(?:[ !#-[\]-\xff]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*$/;
const plainBody = /^[ !#-[\]-\xff]*$/;
const behindText = /^" ?[,}]/;
const endOfEvent = '\n\n';
/** In bytes of UTF-8 with escapes: a reader that is slow gets no more in one piece. */
const longestText = 16_384;

/**
 * Joins neighbouring deltas of a model's answer that arrived in one piece of the network, so that the provider's package
 * parses, checks and hands on one event in the place of hundreds. Two events are joined only when they are the same, byte
 * for byte, around the text that they bring. What began before this piece or ends after it passes as it is, so nothing
 * waits here and nothing is kept.
 */
export function mergeDeltas(piece: Uint8Array): Uint8Array {
  const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  const first = bytes.indexOf(endOfEvent);
  const last = bytes.lastIndexOf(endOfEvent);
  if (first === last) return piece;
  // One character for each byte, so that characters which are cut at the ends stay what they are.
  const text = bytes.toString('latin1', first + endOfEvent.length, last + endOfEvent.length);
  const merged = mergeEvents(text);
  if (merged.length === text.length) return piece;
  return Buffer.concat([
    bytes.subarray(0, first + endOfEvent.length),
    Buffer.from(merged, 'latin1'),
    bytes.subarray(last + endOfEvent.length),
  ]);
}

/** Events that differ in their text alone. */
interface Alike {
  before: string;
  text: string;
  after: string;
}

function mergeEvents(text: string): string {
  let merged = '';
  let alike: Alike | undefined;
  for (let from = 0; from < text.length; ) {
    // Behind an empty line too many, a lone line end may be left over.
    const at = text.indexOf(endOfEvent, from);
    const end = at < 0 ? text.length : at + endOfEvent.length;
    const event = text.slice(from, end);
    from = end;
    const more = alike && alike.text.length < longestText ? textWithin(event, alike) : undefined;
    if (alike && more !== undefined) {
      alike.text += more;
      continue;
    }
    if (alike) merged += alike.before + alike.text + alike.after;
    alike = takeApart(event);
    if (!alike) merged += event;
  }
  return alike ? merged + alike.before + alike.text + alike.after : merged;
}

/** The text of an event that is otherwise like others. */
function textWithin(event: string, { before, after }: Alike): string | undefined {
  const size = event.length - before.length - after.length;
  if (size < 0 || !event.startsWith(before) || !event.endsWith(after)) return undefined;
  const text = event.slice(before.length, before.length + size);
  return plainBody.test(text) || stringBody.test(text) ? text : undefined;
}

function takeApart(event: string): Alike | undefined {
  const found = opening.exec(event);
  if (!found) return undefined;
  const start = found.index + found[0].length;
  const end = endOfString(event, start);
  if (end === undefined) return undefined;
  const [before, text, after] = [event.slice(0, start), event.slice(start, end), event.slice(end)];
  return stringBody.test(text) && behindText.test(after) ? { before, text, after } : undefined;
}

/** Where the quotation mark stands that ends the string. */
function endOfString(event: string, start: number): number | undefined {
  for (let at = start; at < event.length; at += 1) {
    const char = event[at];
    if (char === '\\') at += 1;
    else if (char === '"') return at;
  }
  return undefined;
}

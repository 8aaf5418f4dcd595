import { setTimeout as pause } from 'node:timers/promises';
import type { ChatAnswer } from '../contract/chat.ts';
import type { RunEvent } from '../contract/events.ts';
import type { SessionKey } from '../contract/ids.ts';
import { acknowledge, acknowledgeTurn, createBook, createForkBook, idIn, type SessionBook } from './book.ts';
import { entryName, liesIn, messageText, noteText, type Plan } from './conversation.ts';
import { openStream, ServerGone, send } from './http.ts';
import type { Random } from './random.ts';

/** What a storm found: the server did otherwise than it promised. */
export class Finding extends Error {
  override readonly name = 'Finding';
}

/** A refusal with its code. Where it may be meant, what was asked for may be done or not. */
class Refusal extends Finding {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Somebody who uses the agent API without a pause, one request after the other, until the server is gone. */
export interface Client {
  /** Every session that it ever asked for. */
  readonly books: readonly SessionBook[];
  /** Resolves when the server is gone, or after the step in which it is told that it is enough; throws a Finding. */
  use(base: string, isEnough?: () => boolean): Promise<void>;
  /** Acknowledgements so far. */
  acknowledgements(): number;
  /** The session in which this message was sent. */
  bookOf(messageId: string): SessionBook | undefined;
}

interface Fault {
  code: string;
  error: string;
}

const actions = { chat: 6, stream: 10, rename: 3, fork: 2, delete: 2, compact: 3, answer: 4, look: 2 };
/** Sessions of one client that are used again: few, so that histories grow and are compacted. */
const mostLive = 5;

/** `mayFail` tells which codes are meant, because what the server stands on is broken on purpose; others are findings. */
export function createClient(
  name: string,
  tenantId: string,
  random: Random,
  mayFail: (code: string) => boolean = () => false,
  morePlans: readonly Plan[] = [],
): Client {
  const books: SessionBook[] = [];
  const senders = new Map<string, SessionBook>();
  let count = 0;
  let acknowledgements = 0;

  function fresh(): string {
    count += 1;
    return `${name}-${count}`;
  }

  const live = (): SessionBook[] => books.filter(({ presence }) => presence === 'live').slice(-mostLive);

  /** A session to go on with, or a new one; sometimes one with the id of a session that was deleted. */
  function bookToUse(): SessionBook {
    const known = live();
    const [first, ...others] = known;
    if (first !== undefined && (known.length >= mostLive || random.next() < 0.8))
      return random.pick([first, ...others]);
    const gone = books.findLast(({ presence }) => presence === 'deleted');
    const sessionId = gone !== undefined && random.next() < 0.3 ? gone.key.sessionId : fresh();
    if (gone?.key.sessionId === sessionId) books.splice(books.indexOf(gone), 1);
    const book = createBook({ tenantId, userId: name, sessionId }, 'making');
    books.push(book);
    return book;
  }

  function compose(book: SessionBook, plan: Plan): object {
    const id = fresh();
    book.sent.add(id);
    senders.set(id, book);
    return { ...book.key, message: messageText(id, plan) };
  }

  async function chat(base: string): Promise<void> {
    const book = bookToUse();
    const body = compose(book, random.pick(['say', 'note', 'work']));
    const { status, body: answer } = await send<ChatAnswer & Fault>(base, 'POST', '/api/chat', body);
    if (status === 409 && answer.code === 'session_busy') return;
    expectStatus('chat', status, 200, answer);
    if (liesIn(answer.text)) return;
    if (answer.stopReason !== 'stop' && mayFail('run_aborted')) return;
    const [said] = /<\S+\/\d+>/.exec(answer.text) ?? [];
    if (said === undefined) throw new Finding(`an answer without its words: ${answer.text.slice(0, 80)}`);
    acknowledgements += 1;
    acknowledgeTurn(book, [`U ${said.slice(1).split('/')[0]}`, `A ${said.slice(1, -1)}`], []);
  }

  async function stream(base: string): Promise<void> {
    const book = bookToUse();
    const body = compose(book, random.pick(['say', 'note', 'work', 'work', 'ask', ...morePlans]));
    const opened = await openStream(base, 'POST', '/api/stream', body);
    if (opened.status === 409) return;
    expectStatus('stream', opened.status, 200, opened.refusal);
    await follow(base, book, opened);
  }

  /** Reads a run to its end, or leaves, aborts or answers it on the way. */
  async function follow(
    base: string,
    book: SessionBook,
    opened: Awaited<ReturnType<typeof openStream>>,
  ): Promise<void> {
    const whim = random.weighted({ read: 12, leave: 1, abort: 2 });
    let left = random.below(30);
    let terminals = 0;
    let refusal: Refusal | undefined;
    try {
      for await (const event of opened.events) {
        terminals += event.type === 'session.end' ? 1 : 0;
        if (event.type === 'error') refusal = new Refusal(event.error.code, `a run failed: ${event.error.message}`);
        else take(book, event);
        if (event.type === 'waiting_for_user_input') {
          if (random.next() < 0.4) return opened.leave();
          await respond(base, book);
        }
        left -= 1;
        if (left === 0 && whim === 'leave') return opened.leave();
        if (left === 0 && whim === 'abort') await abort(base, opened.runId, book.key);
      }
    } catch (error) {
      if (terminals === 0) throw error;
    }
    if (terminals !== 1) throw new Finding(`a stream with ${terminals} terminal events`);
    if (refusal !== undefined) throw refusal;
  }

  function take(book: SessionBook, event: RunEvent): void {
    if (event.type !== 'turn.complete') return;
    const name = entryName(event.message);
    const about = name?.slice(2).split('/')[0] ?? '';
    const notes = event.toolResults.filter((result) => result.toolName === 'Note' && !result.isError);
    const ran = event.toolResults.some((result) => result.toolName === 'Bash' && !result.isError);
    if (ran) book.ran.push(noteText(about));
    const names = event.toolResults.map((result) => `T ${result.toolCallId}`);
    acknowledgements += 1;
    // Calls of a lie have the id of the message that they answer, too.
    const asked = name === undefined ? names.slice(0, 1).map((call) => `U ${idIn(call)}`) : [`U ${about}`, name];
    acknowledgeTurn(book, [...asked, ...names], notes.length > 0 ? [about] : []);
  }

  async function abort(base: string, runId: string, key: SessionKey): Promise<void> {
    const { status, body } = await send(base, 'POST', `/api/runs/${runId}/abort?${ownerOf(key)}`);
    expectStatus('abort', status, 200, body);
  }

  /** An answer that was taken is one that is kept. */
  async function respond(base: string, book: SessionBook): Promise<void> {
    const path = `/api/sessions/${book.key.sessionId}/respond?${ownerOf(book.key)}`;
    const { status, body } = await send<{ toolCallId: string } & Fault>(base, 'POST', path, { answer: 'Yes.' });
    if (status === 404 && body.code === 'nothing_pending') return;
    expectStatus('respond', status, 200, body);
    acknowledgements += 1;
    const [, id, step] = /^call_(\S+)_(\d+)_\d+$/.exec(body.toolCallId) ?? [];
    // Whose answer is kept, is kept itself.
    for (const name of [`U ${id}`, `A ${id}/${step}`, `T ${body.toolCallId}`]) acknowledge(book, name);
  }

  const onLive =
    (work: (base: string, book: SessionBook) => Promise<void>) =>
    async (base: string): Promise<void> => {
      const [first, ...others] = live();
      if (first !== undefined) await work(base, random.pick([first, ...others]));
    };

  async function rename(base: string, book: SessionBook): Promise<void> {
    const title = `title ${fresh()}`;
    book.pendingTitles.add(title);
    const { status, body } = await send<Fault>(base, 'PATCH', pathOf(book), { title });
    expectStatus('rename', status, 200, body);
    acknowledgements += 1;
    book.title = title;
    book.pendingTitles.clear();
  }

  async function fork(base: string, source: SessionBook): Promise<void> {
    const book = createForkBook(source, fresh());
    books.push(book);
    await askForFork(base, book);
    acknowledgements += 1;
  }

  async function remove(base: string, book: SessionBook): Promise<void> {
    book.presence = 'deleting';
    const { status, body } = await send<Fault>(base, 'DELETE', pathOf(book));
    expectStatus('delete', status, 204, body);
    acknowledgements += 1;
    book.presence = 'deleted';
  }

  async function compact(base: string, book: SessionBook): Promise<void> {
    book.mayBeCompacted = true;
    const path = `/api/sessions/${book.key.sessionId}/compact?${ownerOf(book.key)}`;
    const { status, body } = await send<{ archiveId?: string } & Fault>(base, 'POST', path);
    if (status === 409) return;
    expectStatus('compact', status, 200, body);
    acknowledgements += 1;
    if (body.archiveId !== undefined) book.archives.add(body.archiveId);
  }

  async function look(base: string, book: SessionBook): Promise<void> {
    const path = `/api/sessions/${book.key.sessionId}/export?${ownerOf(book.key)}`;
    // Lines, not one JSON value: what counts is that it comes whole.
    const { status, body } = await send(base, 'GET', path);
    expectStatus('export', status, 200, body);
  }

  const steps: Record<keyof typeof actions, (base: string) => Promise<void>> = {
    chat,
    stream,
    rename: onLive(rename),
    fork: onLive(fork),
    delete: onLive(remove),
    compact: onLive(compact),
    answer: onLive(respond),
    look: onLive(look),
  };

  return {
    books,
    acknowledgements: () => acknowledgements,
    bookOf: (messageId) => senders.get(messageId),
    async use(base, isEnough = () => false) {
      while (!isEnough()) {
        try {
          await steps[random.weighted(actions)](base);
        } catch (error) {
          if (error instanceof ServerGone) return;
          if (!(error instanceof Refusal && mayFail(error.code))) throw error;
          // What was asked for may be done or not, as when the server is gone; it is not asked for again.
          await pause(50);
        }
      }
    },
  };
}

/** Asks for a fork of everything under the id of the book. Throws ServerGone and Finding. */
export async function askForFork(base: string, book: SessionBook): Promise<void> {
  if (book.source === undefined) throw new Error('a fork without its source');
  const path = `/api/sessions/${book.source.key.sessionId}/fork?${ownerOf(book.key)}`;
  const { status, body } = await send<Fault>(base, 'POST', path, { sessionId: book.key.sessionId });
  expectStatus('fork', status, 201, body);
  book.presence = 'live';
}

export function pathOf({ key }: SessionBook): string {
  return `/api/sessions/${key.sessionId}?${ownerOf(key)}`;
}

export function ownerOf({ tenantId, userId }: SessionKey): string {
  return new URLSearchParams({ tenantId, userId }).toString();
}

function expectStatus(what: string, status: number, wanted: number, body: unknown): void {
  if (status === wanted) return;
  const { code = '' } = (body ?? {}) as Partial<Fault>;
  throw new Refusal(code, `${what} was answered with ${status}: ${JSON.stringify(body)?.slice(0, 300)}`);
}

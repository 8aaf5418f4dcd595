import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { lieMark, namesInRequest } from '../conversation.ts';
import type { Random } from '../random.ts';

export type Misbehaviour = 'hangs' | 'lies' | 'cuts' | 'floods' | 'refuses';

/** Stands between the program and the scripted model, and spoils answers while it is told to. */
export interface LyingUpstream {
  /** Ends in `/v1`. */
  readonly baseUrl: string;
  /** From now on, about every second answer is spoilt in one of these ways. */
  misbehave(ways: readonly Misbehaviour[], random: Random): void;
  behave(): void;
  close(): Promise<void>;
}

const floodBytes = 100 * 1024 * 1024;

export async function startLyingUpstream(honestUrl: string): Promise<LyingUpstream> {
  let ways: readonly Misbehaviour[] = [];
  let random: Random | undefined;
  let lies = 0;

  const server = createServer((incoming, outgoing) => {
    outgoing.on('error', () => undefined);
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  });

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = Buffer.concat(await incoming.toArray());
    const way = ways[random?.below(ways.length) ?? 0];
    if (random === undefined || way === undefined || random.next() < 0.5) return pass(incoming, body, outgoing);
    lies += 1;
    await spoil[way](outgoing, random, callId(body, lies));
  }

  function pass(incoming: IncomingMessage, body: Buffer, outgoing: ServerResponse): void {
    const onward = request(new URL(incoming.url ?? '/', honestUrl), {
      method: incoming.method ?? 'POST',
      headers: incoming.headers,
    });
    onward.on('error', () => outgoing.destroy());
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on('error', () => outgoing.destroy());
      answer.pipe(outgoing);
    });
    outgoing.on('close', () => onward.destroy());
    onward.end(body);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    misbehave(next, chance) {
      [ways, random] = [next, chance];
    },
    behave() {
      ways = [];
      // What hangs or floods until it is left is left now.
      server.closeAllConnections();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** An id that belongs to the message which is answered, as every honest one does. */
function callId(body: Buffer, count: number): string {
  const names = namesInRequest({ body: JSON.parse(body.toString()) } as never);
  return `call_${names.findLast((name) => name.startsWith('U '))?.slice(2)}_${100 + count}_0`;
}

type Spoil = (outgoing: ServerResponse, random: Random, callId: string) => Promise<void>;

const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'mock-model', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const call = (id: string, name: string, args: string, index = 0): string =>
  chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: args } }] });
const words = chunk({ role: 'assistant', content: `${lieMark} words` });
const done = 'data: [DONE]\n\n';
const cutArgs = `{"text":"${lieMark} never`;
const wholeArgs = `${cutArgs}"}`;

function begin(outgoing: ServerResponse, headers: Record<string, string> = {}): void {
  outgoing.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
}

const untilLeft = (outgoing: ServerResponse): Promise<void> =>
  new Promise((resolve) => (outgoing.destroyed ? resolve() : outgoing.once('close', resolve)));

const spoil: Record<Misbehaviour, Spoil> = {
  async hangs(outgoing, random, id) {
    const when = random.below(4);
    if (when > 0) begin(outgoing);
    if (when > 1) outgoing.write(words);
    if (when > 2) outgoing.write(call(id, 'Note', cutArgs));
    else outgoing.flushHeaders();
    await untilLeft(outgoing);
  },

  async cuts(outgoing, random, id) {
    begin(outgoing);
    if (random.next() < 0.7) outgoing.write(words);
    if (random.next() < 0.7) outgoing.write(call(id, 'Note', random.pick([cutArgs, wholeArgs])));
    await sleep(5);
    if (random.next() < 0.5) outgoing.socket?.destroy();
    else outgoing.end();
  },

  async lies(outgoing, random, id) {
    const lie = random.below(lyingBodies.length);
    const headers = lie === 0 ? { 'content-length': '100000' } : lie === 1 ? { 'content-length': '40' } : {};
    begin(outgoing, headers);
    // A length that is too small is refused by Node's own writer: it goes to the socket as it is.
    const text = (lyingBodies[lie] ?? (() => ''))(id);
    outgoing.flushHeaders();
    outgoing.socket?.write(lie > 1 ? toChunks(text) : text);
    outgoing.socket?.end();
    await untilLeft(outgoing);
  },

  async floods(outgoing, random, id) {
    begin(outgoing);
    const pieces: [() => string, ...(() => string)[]] = [
      () => chunk({ content: `${lieMark} ${'flood '.repeat(10_000)}` }),
      () => 'x'.repeat(64 * 1024),
      () => ': still here\n\n'.repeat(2000),
      () => call(id, 'Note', 'flood '.repeat(10_000)),
    ];
    const piece = random.pick(pieces);
    const left = untilLeft(outgoing);
    for (let sent = 0; sent < floodBytes && !outgoing.destroyed; ) {
      const text = piece();
      sent += text.length;
      if (!outgoing.write(text)) await Promise.race([once(outgoing, 'drain').catch(() => undefined), left]);
    }
    outgoing.end();
  },

  async refuses(outgoing, random) {
    const status = random.pick([429, 429, 500, 502, 503, 529, 400, 413]);
    const body = random.pick([
      '{"error":{"message":"Slow down","type":"rate_limit_error"}}',
      '<html><body>Bad gateway</body></html>',
      '',
      'x'.repeat(5_000_000),
    ]);
    outgoing.writeHead(status, {
      'content-type': 'application/json',
      'retry-after': random.pick(['0', '1', 'soon', '-5']),
    });
    outgoing.end(body);
  },
};

const toChunks = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n0\r\n\r\n`;

const lyingBodies: readonly ((id: string) => string)[] = [
  () => words,
  () => words + words + chunk({}, 'stop') + done,
  () => '',
  () => '<html>Please sign in</html>',
  () => `${words}data: {"id": tru\n\n${chunk({}, 'stop')}${done}`,
  () => `data: []\n\ndata: null\n\ndata: 7\n\n${chunk({}, 'stop')}${done}`,
  () => `data: {"choices":"none"}\n\ndata: {"choices":[{"delta":{"content":7}}]}\n\n${done}`,
  (id) => words + call(id, 'NoSuchTool', '{"a":1}') + chunk({}, 'tool_calls') + done,
  (id) => words + call(id, 'Note', `{"text":7,"mark":"${lieMark}"}`) + chunk({}, 'tool_calls') + done,
  (id) => words + call(id, 'Note', cutArgs) + chunk({}, 'tool_calls') + done,
  (id) => words + call(id, 'Note', 'not JSON') + chunk({}, 'tool_calls') + done,
  // The limit of tokens was reached in the middle of the arguments, which look whole by chance.
  (id) => words + call(id, 'Note', wholeArgs) + chunk({}, 'length') + done,
  (id) => words + call(id, '', '{}') + chunk({}, 'tool_calls') + done,
  (id) => words + call(id, 'Sleep', '{"duration_ms":-1}') + chunk({}, 'tool_calls') + done,
  (id) =>
    `${words}${call(id, 'Sleep', '{"duration_ms":1}')}${call(`${id}1`, 'Sleep', '{"__proto__":{"duration_ms":1}}', 7)}${chunk({}, 'stop')}${done}`,
  () => `${words}event: error\ndata: {"error":{"message":"overloaded","type":"server_error"}}\n\n`,
];

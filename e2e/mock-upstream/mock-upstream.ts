import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type {
  MockReply,
  MockUpstream,
  MockUpstreamOptions,
  RecordedRequest,
} from '../../server/agent/testing/mock-upstream.ts';
import { writeChatCompletionsReply } from './chat-completions-wire.ts';
import { writeMessagesReply } from './messages-wire.ts';
import type { WireReply } from './reply-frames.ts';
import { checkChatCompletionsRequest, checkMessagesRequest, type Refusal } from './request-checks.ts';
import { sendReply } from './send-reply.ts';

/** A model provider on the loopback: Anthropic Messages and OpenAI Chat Completions, scripted. */
export async function startMockUpstream(options: MockUpstreamOptions): Promise<MockUpstream> {
  const requests: RecordedRequest[] = [];
  const closing = new AbortController();

  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch((error: unknown) => outgoing.destroy(error instanceof Error ? error : undefined));
  });

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const path = new URL(incoming.url ?? '/', 'http://mock').pathname;
    if (incoming.method === 'GET' && path === '/v1/models') return answerModels(incoming, outgoing, options.keys);
    const wire = incoming.method === 'POST' ? wires[path] : undefined;
    if (!wire) return refuse(outgoing, { status: 404, type: 'not_found_error', message: `Not found: ${path}` });

    const request: RecordedRequest = {
      wire: wire.name,
      key: wire.keyOf(incoming),
      headers: incoming.headers,
      body: await readJson(incoming),
      receivedAt: Date.now(),
      left: false,
    };
    const index = requests.push(request) - 1;
    outgoing.on('close', () => {
      request.left = !outgoing.writableFinished;
    });

    const refusal = checkKey(request.key, options.keys) ?? wire.check(incoming, request.body);
    if (refusal) return refuse(outgoing, refusal);
    const reply = replyOf(options.script, request, index);
    await sendReply(outgoing, reply, wire.write(reply, request, index), closing.signal);
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    close: () =>
      new Promise((resolve) => {
        closing.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Wire {
  name: RecordedRequest['wire'];
  keyOf(request: IncomingMessage): string | undefined;
  check(request: IncomingMessage, body: unknown): Refusal | undefined;
  write(reply: MockReply, request: RecordedRequest, index: number): WireReply;
}

const wires: Record<string, Wire> = {
  '/v1/messages': {
    name: 'messages',
    keyOf: anthropicKeyOf,
    check: (request, body) => checkMessagesRequest(request.headers, body),
    write: writeMessagesReply,
  },
  '/v1/chat/completions': {
    name: 'chat-completions',
    keyOf: bearerOf,
    check: (_request, body) => checkChatCompletionsRequest(body),
    write: writeChatCompletionsReply,
  },
};

function anthropicKeyOf(request: IncomingMessage): string | undefined {
  const key = request.headers['x-api-key'];
  return Array.isArray(key) ? key[0] : key;
}

function bearerOf(request: IncomingMessage): string | undefined {
  return /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
}

function checkKey(key: string | undefined, keys: string[] | undefined): Refusal | undefined {
  if (key && (!keys || keys.includes(key))) return undefined;
  return { status: 401, type: 'authentication_error', message: 'invalid x-api-key' };
}

function answerModels(incoming: IncomingMessage, outgoing: ServerResponse, keys: string[] | undefined): void {
  const refusal = checkKey(anthropicKeyOf(incoming) ?? bearerOf(incoming), keys);
  if (refusal) {
    refuse(outgoing, refusal);
    return;
  }
  outgoing.writeHead(200, { 'content-type': 'application/json' });
  outgoing.end(JSON.stringify({ object: 'list', data: [{ id: 'mock-model', object: 'model', type: 'model' }] }));
}

/** Both services put type and message below `error`. */
function refuse(outgoing: ServerResponse, refusal: Refusal): void {
  const { status, type, message } = refusal;
  outgoing.writeHead(status, { 'content-type': 'application/json' });
  outgoing.end(JSON.stringify({ type: 'error', error: { type, message, param: null, code: type } }));
}

function replyOf(script: MockUpstreamOptions['script'], request: RecordedRequest, index: number): MockReply {
  if (typeof script === 'function') return script(request, index);
  return (
    script[index] ?? {
      error: { status: 400, message: `The script has ${script.length} replies; this is call ${index}` },
    }
  );
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

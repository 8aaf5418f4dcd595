import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers Chat Completions and keeps nothing: a recording one would fill its own process. */
export async function startPlainModel(): Promise<{ baseUrl: string; close(): Promise<void> }> {
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Request {
  stream?: boolean;
  messages: { role: string; content?: unknown }[];
}

/** A message that says "Please run it" leads to one command there; every other one to words. */
async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const text = Buffer.concat(await incoming.toArray()).toString();
  if (incoming.method === 'GET') return void outgoing.end('{"object":"list","data":[{"id":"mock-model"}]}');
  const { messages } = JSON.parse(text) as Request;
  const last = messages.at(-1);
  const wantsCommand = last?.role === 'user' && /Please run it\."?\}?\]?$/.test(JSON.stringify(last.content));
  outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
  if (wantsCommand) {
    const call = { name: 'Bash', arguments: JSON.stringify({ command: 'date >> log.txt; wc -l log.txt' }) };
    send(outgoing, { tool_calls: [{ index: 0, id: `call_${Date.now()}`, type: 'function', function: call }] });
    send(outgoing, {}, 'tool_calls');
  } else {
    for (let piece = 0; piece < 40; piece += 1) send(outgoing, { content: `word ${piece} and some more words. ` });
    send(outgoing, {}, 'stop');
  }
  outgoing.end('data: [DONE]\n\n');
}

function send(outgoing: ServerResponse, delta: object, finish: string | null = null): void {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  outgoing.write(
    `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'mock-model', choices })}\n\n`,
  );
}

// The model of the stream benchmark: both wires, every answer made beforehand, so that it costs next to nothing. What
// it says is chosen by the model's name: `burst` (200 tokens in one write), `first` (the first one, then all others), `paced` (one each 20 ms), `silent` (one
// token, then nothing until the client leaves), `tools` (ten tool calls, one after the other, then a word).
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tokenPauseMs, tokens, toolRounds } from '../streams/scenario.ts';

interface Answer {
  head: string;
  tokens: string[];
  tail: string;
}

const chat = (choice: object, more: object = {}) =>
  `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 0, model: 'bench', choices: [choice], ...more })}\n\n`;
const usage = { prompt_tokens: 20, completion_tokens: tokens.length, total_tokens: 20 + tokens.length };
const chatCompletions: Answer = {
  head: chat({ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }),
  tokens: tokens.map((content) => chat({ index: 0, delta: { content }, finish_reason: null })),
  tail: `${chat({ index: 0, delta: {}, finish_reason: 'stop' }, { usage })}data: [DONE]\n\n`,
};

const message = (type: string, body: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...body })}\n\n`;
const messages: Answer = {
  head:
    message('message_start', {
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'bench',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 20, output_tokens: 1 },
      },
    }) + message('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
  tokens: tokens.map((text) => message('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })),
  tail:
    message('content_block_stop', { index: 0 }) +
    message('message_delta', {
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: tokens.length },
    }) +
    message('message_stop', {}),
};

const answers: Record<string, Answer> = { '/v1/chat/completions': chatCompletions, '/v1/messages': messages };
const whole = new Map(Object.values(answers).map((answer) => [answer, Buffer.from(textOf(answer))]));
/** How long the server took from each tool call to its next request, in milliseconds. */
let toolTimes: number[] = [];
let calledAt: number | undefined;

function textOf({ head, tokens: pieces, tail }: Answer): string {
  return head + pieces.join('') + tail;
}

function sayPaced(response: ServerResponse, answer: Answer): void {
  response.write(answer.head);
  let next = 0;
  const timer = setInterval(() => {
    const piece = answer.tokens[next++];
    if (piece !== undefined) response.write(piece);
    else {
      clearInterval(timer);
      response.end(answer.tail);
    }
  }, tokenPauseMs);
  response.on('close', () => clearInterval(timer));
}

/** The first token alone, so that it does not wait for the others to be read. */
function sayFirst(response: ServerResponse, { head, tokens: [first = '', ...rest], tail }: Answer): void {
  response.write(head + first);
  const timer = setTimeout(() => response.end(rest.join('') + tail), tokenPauseMs);
  response.on('close', () => clearTimeout(timer));
}

function callTool(response: ServerResponse, round: number): void {
  const call = {
    index: 0,
    id: `call_${round}`,
    type: 'function',
    function: { name: 'Sleep', arguments: '{"duration_ms":1}' },
  };
  response.write(chat({ index: 0, delta: { role: 'assistant', tool_calls: [call] }, finish_reason: null }));
  response.end(`${chat({ index: 0, delta: {}, finish_reason: 'tool_calls' }, { usage })}data: [DONE]\n\n`);
  calledAt = performance.now();
}

function sayTools(response: ServerResponse, body: string): void {
  const round = body.split('"role":"tool"').length - 1;
  if (calledAt !== undefined && round > 0) toolTimes.push(performance.now() - calledAt);
  calledAt = undefined;
  if (round < toolRounds) callTool(response, round);
  else response.end(whole.get(chatCompletions));
}

function answer(request: IncomingMessage, response: ServerResponse, body: string): void {
  const form = answers[request.url ?? ''];
  if (form === undefined) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  switch (/"model":"(\w+)"/.exec(body)?.[1]) {
    case 'first':
      sayFirst(response, form);
      break;
    case 'paced':
      sayPaced(response, form);
      break;
    case 'silent':
      response.write(form.head + (form.tokens[0] ?? ''));
      break;
    case 'tools':
      sayTools(response, body);
      break;
    default:
      response.end(whole.get(form));
  }
}

const server = createServer({ keepAliveTimeout: 60_000, noDelay: true }, (request, response) => {
  if (request.url === '/tool-times') {
    response.end(JSON.stringify(toolTimes));
    toolTimes = [];
    return;
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => answer(request, response, Buffer.concat(chunks).toString()));
});
server.listen(0, '127.0.0.1', 4096, () => {
  process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`);
});

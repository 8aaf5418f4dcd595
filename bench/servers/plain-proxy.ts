// The floor of every stream: the upstream's bytes, handed on as they come. Nothing is read, checked or kept.
import { Agent, request as ask } from 'node:http';
import { answerRequests, upstreamAddress } from './answer-requests.ts';

const agent = new Agent({ keepAlive: true });

answerRequests(
  ({ model, message }, response) =>
    new Promise((resolve, reject) => {
      const options = { agent, method: 'POST', headers: { 'content-type': 'application/json' } };
      const call = ask(`${upstreamAddress()}/v1/chat/completions`, options, (reply) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        reply.pipe(response);
        reply.on('end', resolve);
      });
      response.on('close', () => call.destroy());
      call.on('error', reject);
      call.end(JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: message }] }));
    }),
);

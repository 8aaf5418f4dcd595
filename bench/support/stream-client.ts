import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { firstToken, lastToken, type Scenario } from '../streams/scenario.ts';

/** Where and how one server is asked for a stream. */
export interface Target {
  port: number;
  path: string;
  headers: Record<string, string>;
  body(scenario: Scenario): string;
}

export interface StreamResult {
  isWhole: boolean;
  firstTokenMs: number;
  bytes: number;
}

/** Asks for streams and reads them, without looking at more of them than it must. */
export interface StreamClient {
  read(scenario: Scenario): Promise<StreamResult>;
  /** Reads until the first token and keeps the stream open. */
  hold(scenario: Scenario): Promise<{ leave(): void }>;
  getMs(path: string): Promise<number>;
  close(): void;
}

const longestMs = 120_000;

export function createStreamClient({ port, path, headers, body }: Target): StreamClient {
  const agent = new Agent({ keepAlive: true, scheduling: 'lifo' });
  const common = { agent, host: '127.0.0.1', port };

  function post(scenario: Scenario): ClientRequest {
    const text = body(scenario);
    const length = String(Buffer.byteLength(text));
    const all = { 'content-type': 'application/json', 'content-length': length, ...headers };
    const call = request({ ...common, method: 'POST', path, headers: all, timeout: longestMs });
    call.on('timeout', () => call.destroy(new Error('timeout')));
    call.end(text);
    return call;
  }

  return {
    read: (scenario) =>
      new Promise((resolve) => {
        const startedAt = performance.now();
        let firstTokenMs = Number.NaN;
        let bytes = 0;
        let hasLast = false;
        let before = '';
        const end = (isWhole: boolean) => resolve({ isWhole, firstTokenMs, bytes });
        const ask = () => {
          const call = post(scenario);
          call.on('error', (error: NodeJS.ErrnoException) => {
            // The server closed an idle connection in the moment in which it was taken: no request reached it.
            if (call.reusedSocket && error.code === 'ECONNRESET' && bytes === 0) ask();
            else end(false);
          });
          call.on('response', take);
        };
        const take = (reply: IncomingMessage) => {
          reply.on('data', (chunk: Buffer) => {
            bytes += chunk.length;
            // What is looked for may be cut between two chunks.
            const text = before + chunk.toString('latin1');
            before = text.slice(-16);
            if (Number.isNaN(firstTokenMs) && text.includes(firstToken)) firstTokenMs = performance.now() - startedAt;
            hasLast ||= text.includes(lastToken);
          });
          reply.on('error', () => end(false));
          reply.on('end', () => end(reply.statusCode === 200 && hasLast));
        };
        ask();
      }),
    hold: (scenario) =>
      new Promise((resolve, reject) => {
        const call = post(scenario);
        call.on('error', reject);
        call.on('response', (reply) => {
          let text = '';
          reply.on('error', () => undefined);
          reply.on('data', (chunk: Buffer) => {
            text = (text + chunk.toString('latin1')).slice(-4096);
            if (text.includes(firstToken)) resolve({ leave: () => call.destroy() });
          });
          reply.on('end', () => reject(new Error(`the held stream ended: ${text}`)));
        });
      }),
    getMs: (wanted) =>
      new Promise((resolve, reject) => {
        const startedAt = performance.now();
        const call = request({ ...common, agent: false, path: wanted, headers }, (reply) => {
          reply.resume();
          reply.on('end', () => resolve(performance.now() - startedAt));
        });
        call.on('error', reject);
        call.end();
      }),
    close: () => agent.destroy(),
  };
}

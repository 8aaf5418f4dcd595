import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BenchRequest } from '../streams/scenario.ts';

/** A bare server: hands over each request and tells the port once it listens. */
export function answerRequests(answer: (request: BenchRequest, response: ServerResponse) => Promise<void>): void {
  const server = createServer({ noDelay: true }, (incoming, response) => {
    if (incoming.method === 'GET') {
      response.end('ok');
      return;
    }
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const request = JSON.parse(Buffer.concat(chunks).toString()) as BenchRequest;
      answer(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
    });
  });
  server.listen(0, '127.0.0.1', 4096, () => tellPort(server.address() as AddressInfo));
}

/** What the benchmark waits for on standard output. */
export function tellPort({ port }: Pick<AddressInfo, 'port'>): void {
  process.stdout.write(`listening ${port}\n`);
}

/** Where the upstream listens, without `/v1`. */
export function upstreamAddress(): string {
  const address = process.env.BENCH_UPSTREAM;
  if (address === undefined) throw new Error('BENCH_UPSTREAM is not set: this program is started by bench/streams.ts.');
  return address;
}

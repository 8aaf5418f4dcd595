import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Fetches, type Listening, listen } from './listen.ts';
import { createRecordingLogger } from './testing/recording-logger.ts';

const host = '127.0.0.1';
const open: Listening[] = [];

async function serve(app: Fetches, port = 0): Promise<Listening> {
  const listening = await listen(app, { host, port });
  open.push(listening);
  return listening;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((listening) => listening.close(0)));
});

const hello: Fetches = { fetch: () => new Response('hello') };

describe('listening', () => {
  it('has begun when it resolves, and says where', async () => {
    const { address, port } = await serve(hello);
    expect(address).toBe(`http://127.0.0.1:${port}`);
    expect(await (await fetch(address)).text()).toBe('hello');
  });

  it('on a taken port names the program that has it and a port that is free', async () => {
    const taken = createServer().listen(0, host);
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const error = await listen(hello, { host, port }).catch((caught: unknown) => caught);
    taken.close();
    expect(error).toMatchObject({
      code: 'port_in_use',
      message: expect.stringMatching(new RegExp(`^Port ${port} is in use by .+ \\(PID ${process.pid}\\)`)),
      details: {
        port,
        owner: { pid: process.pid, name: expect.stringContaining('node') },
        freePort: expect.any(Number),
      },
    });
    const { freePort } = (error as { details: { freePort: number } }).details;
    expect(await (await fetch((await serve(hello, freePort)).address)).text()).toBe('hello');
  });

  it('on an address that is not ours says so', async () => {
    await expect(listen(hello, { host: '192.0.2.1', port: 0 })).rejects.toMatchObject({ code: 'host_not_available' });
    await expect(listen(hello, { host: 'no-such-host.invalid', port: 0 })).rejects.toMatchObject({
      code: 'host_not_available',
    });
  });

  it('answers a target that is no path in the error shape', async () => {
    const { port } = await serve(hello);
    const socket = connect(port, host);
    socket.write('GET /a\\b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    await once(socket, 'close');
    expect(text).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"bad_request"/);
  });
});

describe('bytes that are no HTTP', () => {
  it('never get into an answer that is under way', async () => {
    const begun = Promise.withResolvers<ReadableStreamDefaultController<Uint8Array>>();
    const stream = new ReadableStream<Uint8Array>({ start: (controller) => begun.resolve(controller) });
    const { port } = await serve({ fetch: () => new Response(stream) });
    const socket = connect(port, host);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    (await begun.promise).enqueue(Buffer.from('first'));
    await vi.waitFor(() => expect(text).toContain('first'));
    socket.write('garbage\r\n\r\n');
    await once(socket, 'close');
    expect(text).not.toContain('bad_request');
  });

  it('do not keep their connection, even when the client never closes it', async () => {
    const { port } = await serve(hello);
    const socket = connect({ port, host, allowHalfOpen: true });
    socket.resume();
    socket.write('garbage\r\n\r\n');
    await once(socket, 'end');
    socket.on('error', () => undefined);
    await vi.waitFor(() => {
      if (!socket.destroyed) socket.write('more');
      expect(socket.destroyed).toBe(true);
    });
  });
});

describe('closing', () => {
  it('ends idle connections at once and refuses new ones', async () => {
    const { address, port, close } = await serve(hello);
    await (await fetch(address)).text();
    const idle = connect(port, host);
    await once(idle, 'connect');
    const before = performance.now();
    await close(60_000);
    expect(performance.now() - before).toBeLessThan(2000);
    await expect(fetch(address)).rejects.toThrow();
  });

  it('lets an answer that is under way end, and then its connection', async () => {
    const release = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const { address, close } = await serve({
      fetch: async () => {
        asked.resolve();
        await release.promise;
        return new Response('late');
      },
    });
    const answer = fetch(address).then((response) => response.text());
    await asked.promise;
    const closed = close(60_000);
    release.resolve();
    expect(await answer).toBe('late');
    await closed;
  });

  it('cuts what is still under way after the grace, and may be asked for twice', async () => {
    const asked = Promise.withResolvers<void>();
    const { address, close } = await serve({
      fetch: () => {
        asked.resolve();
        return new Promise(() => undefined);
      },
    });
    const answer = fetch(address);
    answer.catch(() => undefined);
    await asked.promise;
    await Promise.all([close(20), close(10)]);
    await expect(answer).rejects.toThrow();
    await close(0);
  });
});

describe('more connections than are held', () => {
  it('are closed at once and told once, the others are answered, and there is room again when one ends', async () => {
    const logger = createRecordingLogger();
    const listening = await listen(hello, { host, port: 0, maxConnections: 2, logger });
    open.push(listening);
    const ask = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const [first, second] = [connect(listening.port, host), connect(listening.port, host)];
    for (const socket of [first, second]) {
      socket.write(ask);
      expect(String((await once(socket, 'data'))[0])).toContain('200 OK');
    }
    for (let count = 0; count < 3; count++) {
      const refused = connect(listening.port, host);
      refused.on('error', () => undefined);
      await once(refused.resume(), 'close');
    }
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    first.destroy();
    await expect
      .poll(() =>
        fetch(listening.address).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
    second.destroy();
  });
});

import { chmod } from 'node:fs/promises';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { type Connections, trackConnections } from './connections.ts';

/** Serves requests on a Unix socket that only this user may open, or on a Windows pipe. Throws the system's error. */
export async function listenLocal(
  fetch: (request: Request) => Promise<Response>,
  address: string,
): Promise<Pick<Connections, 'close'>> {
  const listener = getRequestListener(fetch, { overrideGlobalObjects: false, hostname: 'console.local' });
  const server = createServer({ headersTimeout: 15_000, requestTimeout: 0 }, listener);
  const connections = trackConnections(server);
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      server.off('error', reject);
      resolve();
    });
  });
  // One that failed to accept a connection goes on with the next.
  server.on('error', () => undefined);
  try {
    if (process.platform !== 'win32') await chmod(address, 0o600);
  } catch (error) {
    await connections.close(0);
    throw error;
  }
  return { close: connections.close };
}

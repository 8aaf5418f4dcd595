import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { build } from 'vite';
import { freePort } from '../support/free-port.ts';

const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' };

/** Builds the plain list and serves it on loopback until it is closed. */
export async function servePlainList(): Promise<{ url: string; close(): Promise<void> }> {
  const outDir = await mkdtemp(join(tmpdir(), 'plain-list-'));
  await build({
    ...{ configFile: false, logLevel: 'error', root: join(import.meta.dirname, 'plain-list') },
    build: { outDir, emptyOutDir: true },
  });
  const server = createServer((request, response) => {
    const path = normalize(request.url === '/' ? '/index.html' : (request.url ?? '/'));
    readFile(join(outDir, path)).then(
      (bytes) => response.setHeader('Content-Type', types[extname(path)] ?? 'text/plain').end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${port}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(outDir, { recursive: true });
    },
  };
}

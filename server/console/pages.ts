import { Hono } from 'hono';
import { securityHeaders } from './security-headers.ts';
import { staticFiles } from './static-files.ts';

/** The built pages without the console's API: what a window shows while the console is still being opened. */
export function createPages(rendererDir: string): (request: Request) => Promise<Response> {
  const app = new Hono().use(securityHeaders()).get('*', staticFiles(rendererDir));
  return async (request) => app.fetch(request);
}

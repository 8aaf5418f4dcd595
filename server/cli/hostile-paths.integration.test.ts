import { type RequestOptions, request } from 'node:http';
import { expect, it } from 'vitest';
import { operations } from '../http/operations.ts';
import { openProgram } from './program.test-support.ts';

const hostile = ['..%2f..%2fvault.json', '%2e%2e%2fx', '..%5c..%5cvault.json', 'x%00', '%ff', '.hidden', '-rf'];
const parameter = /:\w+(?:\{[^}]*\})?/g;

interface Route {
  method: string;
  path: string;
}

/** The path as often as it has names, each time with another one of them replaced by the hostile one. */
function attacksOn(path: string, name: string): string[] {
  const count = path.match(parameter)?.length ?? 0;
  return Array.from({ length: count }, (_, place) => {
    let at = 0;
    return path.replace(parameter, () => (at++ === place ? name : 'abc'));
  });
}

function withNames(routes: readonly Route[]): Route[] {
  const found = new Map(
    routes.map(({ method, path }) => [`${method} ${path}`, { method: method.toUpperCase(), path }]),
  );
  return [...found.values()].filter(({ method, path }) => method !== 'ALL' && path.search(/\/:\w/) >= 0);
}

/** Sent as it is: `fetch` would tidy the path up. */
function send(to: RequestOptions, { method, path }: Route): Promise<{ status: number; text: string }> {
  const headers = {
    ...to.headers,
    ...(method !== 'GET' && { 'Content-Type': 'application/json', 'Content-Length': 2 }),
  };
  return new Promise((resolve, reject) => {
    const sent = request({ ...to, method, path, headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    sent.setTimeout(5000, () => sent.destroy(new Error(`${method} ${path} says nothing.`)));
    sent.once('error', reject).end(method === 'GET' ? undefined : '{}');
  });
}

it('no route takes a name that leads elsewhere, whichever of its names it is', async () => {
  const program = await openProgram();
  const server = await program.serve();
  const { hostname, port } = new URL(/http:\/\/127[\d.:]+/.exec(server.output())?.[0] ?? '');
  const api = { hostname, port };
  const routes = withNames(operations);
  expect(routes.length).toBeGreaterThan(20);
  for (const { method, path } of routes) {
    for (const asked of hostile.flatMap((name) => attacksOn(path, name))) {
      const { status, text } = await send(api, { method, path: asked });
      const isRefused = status >= 400 && status < 500 && text.includes('"code":"');
      expect([method, asked, status, isRefused]).toEqual([method, asked, status, true]);
    }
    // An ordinary name gets past: whatever is answered, it is not about the name.
    const { text } = await send(api, { method, path: path.replace(parameter, 'abc') });
    expect([method, path, text]).toEqual([method, path, expect.not.stringMatching(/An id starts with|invalid_id/)]);
  }
  expect(await server.stop('SIGTERM')).toBe(0);
});

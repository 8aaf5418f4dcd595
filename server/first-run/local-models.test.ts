import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findLocalServers, modelNamesOf } from './local-models.ts';

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const signal = new AbortController().signal;
const look = (port: number, exceptPorts = new Set<number>()) => findLocalServers({ fetch, exceptPorts, port, signal });
const models = (...ids: string[]) => JSON.stringify({ data: ids.map((id) => ({ id })) });

describe('programs on this machine that serve models', () => {
  it('are found by their list of models, and by the tags of Ollama', async () => {
    const openAi = await serve((_, response) => response.end(models('one', 'two', 'one')));
    expect(await look(openAi)).toEqual([
      {
        id: `local-${openAi}`,
        label: `127.0.0.1:${openAi}`,
        port: openAi,
        baseUrl: `http://127.0.0.1:${openAi}/v1`,
        models: ['one', 'two'],
      },
    ]);
    const ollama = await serve(({ url }, response) =>
      url === '/api/tags' ? response.end('{"models":[{"name":"llama3:8b"}]}') : response.writeHead(404).end(),
    );
    expect(await look(ollama)).toMatchObject([{ models: ['llama3:8b'] }]);
  });

  it('are asked on the usual ports of this machine only, and without any key', async () => {
    const asked: { url: string; headers: unknown }[] = [];
    const spy: typeof fetch = async (url, init) => {
      asked.push({ url: String(url), headers: init?.headers });
      expect(init?.redirect).toBe('manual');
      throw new TypeError('fetch failed');
    };
    expect(await findLocalServers({ fetch: spy, exceptPorts: new Set([8000]), signal })).toEqual([]);
    expect([...new Set(asked.map(({ url }) => new URL(url).host))].sort()).toEqual([
      '127.0.0.1:11434',
      '127.0.0.1:1234',
      '127.0.0.1:8080',
    ]);
    expect(JSON.stringify(asked)).not.toMatch(/authorization|key/i);
  });

  it('are not the server of this very program', async () => {
    const port = await serve((_, response) => response.end('{"data":[{"id":"default","owned_by":"agentrail"}]}'));
    expect(await look(port)).toEqual([]);
    const own = await serve((_, response) => response.end(models('one')));
    expect(await look(own, new Set([own]))).toEqual([]);
  });

  it('are not found behind a redirect, an endless answer or silence', async () => {
    const asked: string[] = [];
    const other = await serve((request, response) => {
      asked.push(request.url ?? '');
      response.end(models('far'));
    });
    const leading = await serve((_, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${other}/v1/models` }).end(),
    );
    expect(await look(leading)).toEqual([]);
    expect(asked).toEqual([]);
    const endless = await serve((_, response) => {
      const pour = () => {
        while (response.write('x'.repeat(65_536)));
      };
      response.on('drain', pour);
      pour();
    });
    expect(await look(endless)).toEqual([]);
    const leaving = new AbortController();
    const silent = await serve(() => leaving.abort());
    expect(await findLocalServers({ fetch, exceptPorts: new Set(), port: silent, signal: leaving.signal })).toEqual([]);
  });
});

describe('an answer of another program', () => {
  it('is no list of models unless it looks like one', () => {
    for (const text of ['', 'null', '[]', '<html>', '{"data":{}}', '{"data":[1]}', '{"models":[{}]}'])
      expect(modelNamesOf(text), text).toBeUndefined();
    expect(modelNamesOf('{"data":[]}')).toEqual([]);
  });

  it('never throws, and gives only short printable names that differ', () => {
    const json = fc.oneof(
      fc.string(),
      fc.json(),
      fc.array(fc.record({ id: fc.string({ unit: 'binary' }) })).map((data) => JSON.stringify({ data })),
      fc.array(fc.record({ name: fc.string() })).map((list) => JSON.stringify({ models: list })),
    );
    fc.assert(
      fc.property(json, (text) => {
        const names = modelNamesOf(text) ?? [];
        expect(new Set(names).size).toBe(names.length);
        for (const name of names) expect(name).toMatch(/^[\x21-\x7e]{1,200}$/);
      }),
    );
  });
});

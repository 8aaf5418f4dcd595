import { z } from 'zod';
import { type LocalServer, localServers } from '../contract/first-run.ts';

const lookTimeoutMs = 1500;
const maxBodyBytes = 1_048_576;
const maxModels = 200;
const maxNameLength = 200;

/** `/v1/models` of every compatible server, and `/api/tags` of Ollama. */
const listSchema = z.union([
  z.object({ data: z.array(z.object({ id: z.string(), owned_by: z.string().optional() })) }),
  z.object({ models: z.array(z.object({ name: z.string() })) }),
]);

export interface LookOptions {
  fetch: typeof fetch;
  /** Ports of our own, which would offer this very program as its own model. */
  exceptPorts: ReadonlySet<number>;
  /** Only this one, whatever listens there. */
  port?: number | undefined;
  signal: AbortSignal;
}

/**
 * Asks programs on this machine, and nobody else, for the models that they serve: the usual ports all at once, each
 * within a second and a half. What gives no list of models is not there.
 */
export async function findLocalServers({ fetch, exceptPorts, port, signal }: LookOptions): Promise<LocalServer[]> {
  const candidates = port === undefined ? localServers : [candidateAt(port)];
  const found = await Promise.all(
    candidates
      .filter((candidate) => !exceptPorts.has(candidate.port))
      .map(async (candidate): Promise<LocalServer[]> => {
        const origin = `http://127.0.0.1:${candidate.port}`;
        const bounded = AbortSignal.any([signal, AbortSignal.timeout(lookTimeoutMs)]);
        const ask = (path: string) => askFor(`${origin}${path}`, fetch, bounded);
        const models = (await ask('/v1/models')) ?? (await ask('/api/tags'));
        return models === undefined ? [] : [{ ...candidate, baseUrl: `${origin}/v1`, models }];
      }),
  );
  return found.flat();
}

/** A usual port keeps its program's name; any other is named by its number. */
function candidateAt(port: number): Pick<LocalServer, 'id' | 'label' | 'port'> {
  return (
    localServers.find((server) => server.port === port) ?? { id: `local-${port}`, label: `127.0.0.1:${port}`, port }
  );
}

/** Undefined when nobody is there, or somebody else. */
async function askFor(url: string, fetchFrom: typeof fetch, signal: AbortSignal): Promise<string[] | undefined> {
  try {
    // A redirect could lead off this machine.
    const response = await fetchFrom(url, { signal, redirect: 'manual', headers: { Connection: 'close' } });
    if (!response.ok) {
      await response.body?.cancel();
      return undefined;
    }
    return modelNamesOf(await readBounded(response));
  } catch {
    // Nobody there, no HTTP, too slow or too large: all of it means that there is nothing to offer.
    return undefined;
  }
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBodyBytes) return '';
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Names of models in an answer of another program; undefined when it is no list of models. Never throws. */
export function modelNamesOf(body: string): string[] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined;
  }
  const { data: list } = listSchema.safeParse(json);
  if (!list) return undefined;
  // Another server of this kind offers its agents as models.
  if ('data' in list && list.data.some((model) => model.owned_by === 'agentrail')) return undefined;
  const names = 'data' in list ? list.data.map(({ id }) => id) : list.models.map(({ name }) => name);
  return [...new Set(names.filter(isShowable))].slice(0, maxModels);
}

function isShowable(name: string): boolean {
  return name.length <= maxNameLength && /^[\x21-\x7e]+$/.test(name);
}

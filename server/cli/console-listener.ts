import type { Fetches } from '../http/listen.ts';
import { type Listening, listen } from '../index.ts';
import { AppError } from '../lib/app-error.ts';
import { errorBody } from '../lib/error-body.ts';
import { refuseForeignPeer } from './sign-in-peer.ts';

const defaultPort = 3100;
const portsToTry = 20;

/** Listens on the wanted port, or on the first free one from 3100 when none was named. */
export async function listenForConsole(
  answer: (request: Request) => Promise<Response>,
  wanted: number | undefined,
): Promise<Listening> {
  const host = '127.0.0.1';
  const fetch: Fetches['fetch'] = async (request, { incoming }) => {
    if (!isSignIn(request)) return answer(request);
    const fault = await refuseForeignPeer(incoming.socket).catch((error: unknown) => error);
    if (fault === undefined) return answer(request);
    if (!(fault instanceof AppError)) throw fault;
    return Response.json(errorBody(fault), { status: fault.status });
  };
  if (wanted !== undefined) return await listen({ fetch }, { host, port: wanted });
  for (let port = defaultPort; port < defaultPort + portsToTry; port++) {
    try {
      return await listen({ fetch }, { host, port });
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'port_in_use')) throw error;
    }
  }
  return await listen({ fetch }, { host, port: 0 });
}

function isSignIn({ url }: Request): boolean {
  return new URL(url).searchParams.has('token');
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:tls';
import { AppError } from '../../lib/app-error.ts';
import { dial } from './dial.ts';
import { refusal } from './egress-policy.ts';
import { exchange, passedHeaders } from './forward-http.ts';
import { maskKey } from './mask-key.ts';
import type { ProxyScope } from './proxy-scope.ts';
import { answerRefusal } from './refusal-answer.ts';
import { resolveTarget } from './resolve-target.ts';
import type { KeyOwner } from './secret-routes.ts';

/** Headers that could name another account: whoever sends data with a key of their own gets it out. */
const authHeaders = ['authorization', 'x-api-key', 'x-subscription-token', 'api-key', 'x-goog-api-key', 'cookie'];

/**
 * Answers one request to a key's owner: by https to that origin and nowhere else, with the key of this moment in place
 * of the placeholder. The key goes out only; should it come back in an answer, the placeholder stands there.
 */
export async function forwardSecret(
  {
    request,
    response,
    owner,
    rest,
  }: { request: IncomingMessage; response: ServerResponse; owner: KeyOwner; rest: string },
  scope: ProxyScope,
  settle: () => void,
): Promise<void> {
  const { routes } = scope;
  const origin = new URL(owner.origin);
  const target = { host: origin.hostname, port: Number(origin.port) || 443 };
  const method = request.method ?? 'GET';
  const facts = { method, ...target, secret: owner.name };
  try {
    const placeholder = routes.placeholder(owner.name);
    if (!carries(request, placeholder)) {
      throw refusal('placeholder_missing', `Send the value of ${owner.name} as it stands in the environment.`, 401);
    }
    const key = routes.key(owner.name);
    if (key === undefined) {
      throw refusal('secret_missing', `${owner.name} is not set. The person can set it on the Secrets page.`, 502);
    }
    const everywhere = { network: 'allow-list', allowHosts: [] } as const;
    const addresses = await resolveTarget(target, everywhere, scope.book);
    const plain = await dial(target, addresses, scope.clock);
    const socket = connect({ socket: plain, servername: target.host, ...(scope.ca !== undefined && { ca: scope.ca }) });
    socket.on('error', () => plain.destroy());
    socket.once('close', () => plain.destroy());
    scope.decisions.allowed({ ...facts, ...(plain.remoteAddress && { address: plain.remoteAddress }) });
    settle();
    const mask = (text: string) => text.replaceAll(key, placeholder);
    await exchange({
      ...{ request, response, socket, filter: maskKey(key, placeholder) },
      options: { method, path: rest, headers: headersFor(request, { owner, key, host: origin.host }) },
      changeHeaders: (raw) => withoutLength(raw.map(mask)),
      check(answer) {
        const { 'content-encoding': encoding = 'identity' } = answer.headers;
        // Nobody asked for one, and through it a key could not be seen.
        if (encoding !== 'identity')
          throw refusal('host_unreachable', `${target.host} sent an encoding that was not asked for.`, 502);
      },
    });
  } catch (fault) {
    if (fault instanceof AppError) {
      scope.decisions.refused(facts, fault);
      answerRefusal(response, fault);
    } else response.destroy();
  }
}

function carries(request: IncomingMessage, placeholder: string): boolean {
  const { authorization, 'x-api-key': apiKey, 'x-subscription-token': token } = request.headers;
  return [apiKey, token, authorization?.replace(/^bearer /i, '')].includes(placeholder);
}

function headersFor(
  request: IncomingMessage,
  { owner, key, host }: { owner: KeyOwner; key: string; host: string },
): Record<string, string | string[]> {
  const headers = { ...passedHeaders(request), host, 'accept-encoding': 'identity' };
  const kept = Object.entries(headers).filter(([name]) => !authHeaders.includes(name));
  return { ...Object.fromEntries(kept), [owner.header]: owner.header === 'authorization' ? `Bearer ${key}` : key };
}

/** The body may become longer or shorter. */
function withoutLength(raw: string[]): string[] {
  return raw.filter((_, at) => raw[at - (at % 2)]?.toLowerCase() !== 'content-length');
}

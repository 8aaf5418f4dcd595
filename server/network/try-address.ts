import type { NetworkTrial } from '../contract/network.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { problemOf } from './describe-network.ts';
import type { Network } from './network.ts';

const tryMs = 10_000;

/** One HEAD by the way that requests to the address go; any answer will do. Never rejects. */
export async function tryAddress(
  url: URL,
  { routeTo, fetch, clock }: Pick<Network, 'routeTo' | 'fetch'> & { clock: Pick<Clock, 'monotonic'> },
): Promise<NetworkTrial> {
  const began = clock.monotonic();
  const trial = (facts: Partial<NetworkTrial>): NetworkTrial => ({
    ...{ host: url.host, source: 'none', isException: false },
    durationMs: Math.round(clock.monotonic() - began),
    ...facts,
  });
  let way: Partial<NetworkTrial> = {};
  const ending = AbortSignal.timeout(tryMs);
  try {
    const { proxy, source, isException } = await routeTo(url);
    way = { source, isException, ...(proxy && { proxy: proxy.origin }) };
    const { status, body } = await fetch(url, { method: 'HEAD', redirect: 'manual', signal: ending });
    await body?.cancel();
    return trial({ ...way, status });
  } catch (error) {
    return trial({ ...way, problem: ending.aborted ? tooLate(url) : problemOf(unwrapped(error, url)) });
  }
}

function tooLate({ host }: URL): { code: string; message: string } {
  return {
    code: 'network_timeout',
    message: `${host} did not answer within ${tryMs / 1000} s. Check the network and the proxy.`,
  };
}

/** `fetch failed` says nothing; its cause does. */
function unwrapped(error: unknown, { host }: URL): AppError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (cause instanceof AppError) return cause;
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  const shown = code === '' ? '' : ` (${code})`;
  if (/CERT|ISSUER|SELF_SIGNED|SIGNATURE|ALTNAME/.test(code)) {
    const message = `The certificate of ${host} cannot be trusted${shown}. If a proxy of yours signs it, name its authority with network.caFile.`;
    return new AppError('tls_failed', message, { status: 502 });
  }
  return new AppError('host_unreachable', `${host} could not be reached${shown}. Check the network and the proxy.`, {
    status: 502,
  });
}

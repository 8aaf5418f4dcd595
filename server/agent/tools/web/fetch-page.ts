import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../../../lib/app-error.ts';
import type { Clock } from '../../../lib/clock.ts';
import { orAborted } from '../or-aborted.ts';
import { checkContentType } from './content-type.ts';
import { networkFault, statusFault } from './fetch-faults.ts';
import { acceptedEncodings, readBody } from './read-body.ts';
import { type HostAddress, type Resolver, resolveHost } from './resolve-host.ts';
import type { Exchange, Transport } from './transport.ts';
import { type AllowedUrl, checkUrl, type WebPolicy } from './url-policy.ts';

/** A page as it came, decompressed. */
export interface FetchedPage {
  /** After redirects. */
  url: URL;
  status: number;
  /** As the server said it; empty when it did not. */
  contentType: string;
  bytes: Uint8Array;
  /** The page is longer than what was read. */
  isCut: boolean;
}

export interface PageFetcher {
  resolve: Resolver;
  transport: Transport;
  /** Whether a proxy is on the way. Absent: there is none. */
  routeTo?(url: URL): Promise<{ proxy: URL | undefined }>;
  clock: Clock;
  /** What servers are told of who asks. */
  userAgent: string;
  /** Throws for what is not wanted, before a byte of it is read. Default: what cannot be read as a page. */
  checkType?(contentType: string, url: URL): void;
  /** Longer pages are cut. Default 5 MiB. */
  maxBytes?: number;
}

export const fetchTimeoutMs = 20_000;
export const maxPageBytes = 5 * 1024 * 1024;
const maxRedirects = 5;

/**
 * Fetches one page within the time limit. Every address on the way is checked, looked up once and pinned. Throws
 * AppError with the cause as its code: those of `checkUrl`, `host_not_found`, `unreachable`, `tls_failed`, `timeout`,
 * `http_status`, `redirect_refused`, `redirect_elsewhere`, `too_many_redirects`, `unsupported_content`, `broken_answer`, `aborted`.
 */
export async function fetchPage(
  text: string,
  policy: WebPolicy,
  fetcher: PageFetcher,
  signal: AbortSignal,
): Promise<FetchedPage> {
  const limit = startLimit(fetcher.clock, signal);
  try {
    return await orAborted(follow(checkUrl(text, policy), policy, fetcher, limit.signal), limit.signal);
  } catch (error) {
    if (signal.aborted) throw new AppError('aborted', 'The run was aborted.', { status: 409 });
    throw limit.isOver() ? tooSlow() : error;
  } finally {
    limit.close();
  }
}

async function follow(
  first: AllowedUrl,
  policy: WebPolicy,
  fetcher: PageFetcher,
  signal: AbortSignal,
): Promise<FetchedPage> {
  let target = first;
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const exchange = await ask(target, policy, fetcher, signal);
    const next = redirectOf(exchange, target.url, policy);
    if (!next) return await takePage(target.url, exchange, fetcher);
    exchange.body.destroy();
    target = next;
  }
  throw new AppError('too_many_redirects', `The address leads on and on: more than ${maxRedirects} redirects.`, {
    status: 502,
  });
}

async function ask(
  target: AllowedUrl,
  policy: WebPolicy,
  fetcher: PageFetcher,
  signal: AbortSignal,
): Promise<Exchange> {
  const { transport, userAgent } = fetcher;
  const addresses = await addressesOf(target, policy, fetcher, signal);
  const headers = {
    'user-agent': userAgent,
    accept:
      'text/markdown, text/html;q=0.9, application/xhtml+xml;q=0.9, text/plain;q=0.8, application/json;q=0.8, */*;q=0.1',
    'accept-encoding': acceptedEncodings,
  };
  try {
    return await transport({ url: target.url, addresses, headers, signal });
  } catch (error) {
    throw networkFault(error, target.host);
  }
}

/**
 * Also with a proxy on the way, names are looked up and checked here, and the proxy is led to the address: what it would
 * find for a name cannot be known. A name that only the proxy knows has to be listed by a person; then there is none.
 */
async function addressesOf(
  target: AllowedUrl,
  policy: WebPolicy,
  { resolve, routeTo }: PageFetcher,
  signal: AbortSignal,
): Promise<HostAddress[]> {
  try {
    return await resolveHost(target, policy, resolve, signal);
  } catch (error) {
    const isUnknown = error instanceof AppError && error.code === 'host_not_found';
    if (isUnknown && routeTo && (await routeTo(target.url)).proxy !== undefined) {
      if (target.isListed) return [];
      throw onlyByProxy(target.host);
    }
    throw error;
  }
}

function onlyByProxy(host: string): AppError {
  return new AppError(
    'host_not_found',
    `${host} cannot be looked up from here, so where the proxy would lead cannot be checked. A person can allow this host with web.allowHosts in the settings.`,
    { status: 400 },
  );
}

/** Where the answer sends on to, checked like the first address. Throws when that must not be followed. */
function redirectOf({ status, headers, body }: Exchange, from: URL, policy: WebPolicy): AllowedUrl | undefined {
  if (![301, 302, 303, 307, 308].includes(status) || headers.location === undefined) return undefined;
  try {
    const next = checkUrl(readLocation(headers.location), policy, from);
    if (from.protocol === 'https:' && next.url.protocol === 'http:') {
      throw new AppError('redirect_refused', `${from.host} leads from https to http, which is not followed.`, {
        status: 502,
      });
    }
    if (siteOf(next.url) !== siteOf(from)) throw elsewhere(from, next.url);
    if (next.url.hash === '') next.url.hash = from.hash;
    return next;
  } catch (error) {
    body.destroy();
    throw error;
  }
}

function siteOf({ hostname }: URL): string {
  return hostname.replace(/^www\./, '').replace(/\.+$/, '');
}

/** What may be fetched is decided per host and call: another host needs a call of its own. */
function elsewhere(from: URL, to: URL): AppError {
  return new AppError(
    'redirect_elsewhere',
    `${from.host} leads to another host: ${to.href} Fetch that address if it is what you want.`,
    { status: 502, details: { url: to.href } },
  );
}

/** Headers come byte by byte; servers write addresses in UTF-8. */
function readLocation(location: string): string {
  return Buffer.from(location, 'latin1').toString('utf8');
}

async function takePage(
  url: URL,
  { status, statusText, headers, body }: Exchange,
  { checkType = checkContentType, maxBytes = maxPageBytes }: PageFetcher,
): Promise<FetchedPage> {
  try {
    if (status < 200 || status > 299) throw statusFault(status, statusText, headers['retry-after'], url.host);
    const contentType = contentTypeOf(headers);
    checkType(contentType, url);
    const { bytes, isCut } = await readBody(body, headers['content-encoding'], maxBytes);
    return { url, status, contentType, bytes, isCut };
  } catch (error) {
    throw networkFault(error, url.host);
  } finally {
    body.destroy();
  }
}

function contentTypeOf(headers: IncomingHttpHeaders): string {
  return headers['content-type']?.trim() ?? '';
}

/** A signal that follows another one and also fires when the time is over. */
function startLimit(clock: Clock, signal: AbortSignal): { signal: AbortSignal; isOver(): boolean; close(): void } {
  const timeout = new AbortController();
  const over = new AbortController();
  clock.sleep(fetchTimeoutMs, over.signal).then(
    () => timeout.abort(),
    // Closed before the time was over.
    () => undefined,
  );
  return {
    signal: AbortSignal.any([signal, timeout.signal]),
    isOver: () => timeout.signal.aborted,
    close: () => over.abort(),
  };
}

function tooSlow(): AppError {
  return new AppError('timeout', `The page did not come within ${fetchTimeoutMs / 1000} s. Try again later.`, {
    status: 504,
  });
}

import type { Config } from '../../../contract/config.ts';
import { AppError } from '../../../lib/app-error.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Network } from '../../../network/network.ts';
import { fetchPage, type PageFetcher } from '../web/fetch-page.ts';
import { systemResolver } from '../web/resolve-host.ts';
import { createTransport } from '../web/transport.ts';

const maxDocumentBytes = 50 * 1024 * 1024;

export interface DocumentFetcherOptions {
  config(): Pick<Config, 'web'>;
  clock: Clock;
  version: string;
  /** The proxy on the way, and whom to trust. Absent: none, and the public authorities. */
  routeTo?: Network['routeTo'];
  /** Replaces name look-up and network in tests. */
  network?: Pick<PageFetcher, 'resolve' | 'transport'>;
}

/** Brings documents from the web under the rules of WebFetch, PDF and Word files too. */
export function createDocumentFetcher({ config, clock, version, routeTo, network }: DocumentFetcherOptions) {
  const fetcher: PageFetcher = {
    ...(network ?? { resolve: systemResolver, transport: createTransport({ routeTo }), ...(routeTo && { routeTo }) }),
    clock,
    userAgent: `AgentrailConsole/${version} (adds a document that a person named)`,
    // What the bytes are is found out when they are read as a document.
    checkType: () => undefined,
    maxBytes: maxDocumentBytes,
  };
  return async (url: string, signal: AbortSignal): Promise<{ bytes: Uint8Array; mediaType: string }> => {
    const { bytes, contentType, isCut } = await fetchPage(url, config().web, fetcher, signal);
    if (!isCut) return { bytes, mediaType: contentType };
    throw new AppError('document_too_large', 'The document has more than 50 MB. Split it into smaller documents.', {
      status: 413,
    });
  };
}

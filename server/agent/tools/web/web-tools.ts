import type { Config } from '../../../contract/config.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Network } from '../../../network/network.ts';
import type { SecretsManager } from '../../../secrets/secrets-manager.ts';
import { modelFetch } from '../../model-fetch.ts';
import type { Tool } from '../tool.ts';
import { createPageReader } from './page-reader.ts';
import { systemResolver } from './resolve-host.ts';
import { createTransport } from './transport.ts';
import { createWebFetchTool } from './web-fetch.ts';
import { createWebSearchTool } from './web-search.ts';

export interface WebToolsOptions {
  config(): Config;
  secrets: Pick<SecretsManager, 'get' | 'reveal' | 'report'>;
  clock: Clock;
  /** Takes secrets out of pages that a model is asked about. Absent: there are none. */
  redact?(text: string): string;
  /** Search services and models are called by its `fetch`; pages come over a transport of their own, by its routes. */
  network: Pick<Network, 'fetch' | 'routeTo'>;
  /** Told to the servers of pages. */
  version: string;
}

/** The tools that reach the web, from outside of the sandbox: WebFetch, WebSearch. */
export function webTools({ config, secrets, clock, redact, network, version }: WebToolsOptions): Tool[] {
  const userAgent = `AgentrailConsole/${version} (WebFetch; reads a page that a person's agent asked for)`;
  const { fetch, routeTo } = network;
  return [
    createWebFetchTool({
      policy: () => config().web,
      fetcher: { resolve: systemResolver, transport: createTransport({ routeTo }), routeTo, clock, userAgent },
      reader: createPageReader({ config, secrets, clock, fetch: modelFetch(fetch), ...(redact && { redact }) }),
    }),
    createWebSearchTool({ config: () => config().search, secrets, fetch, clock }),
  ];
}

import { randomUUID } from 'node:crypto';
import type { ProxiedSecret } from '../../contract/config.ts';

/** Where a key belongs, and how it travels there. */
export interface KeyOwner {
  name: ProxiedSecret;
  /** First part of the path at the forwarder inside. */
  id: string;
  /** The only place that ever gets the key. */
  origin: string;
  header: 'authorization' | 'x-api-key' | 'x-subscription-token';
  /** Variables that lead the provider's own libraries to the forwarder, with what follows the address. */
  baseUrls: Record<string, string>;
}

export const keyOwners: readonly KeyOwner[] = [
  {
    ...{ name: 'ANTHROPIC_API_KEY', id: 'anthropic', origin: 'https://api.anthropic.com', header: 'x-api-key' },
    baseUrls: { ANTHROPIC_BASE_URL: '' },
  },
  {
    ...{ name: 'OPENAI_API_KEY', id: 'openai', origin: 'https://api.openai.com', header: 'authorization' },
    baseUrls: { OPENAI_BASE_URL: '/v1', OPENAI_API_BASE: '/v1' },
  },
  {
    ...{ name: 'TAVILY_API_KEY', id: 'tavily', origin: 'https://api.tavily.com', header: 'authorization' },
    baseUrls: { TAVILY_BASE_URL: '' },
  },
  {
    ...{ name: 'BRAVE_SEARCH_API_KEY', id: 'brave', origin: 'https://api.search.brave.com' },
    header: 'x-subscription-token',
    baseUrls: { BRAVE_SEARCH_BASE_URL: '' },
  },
  {
    ...{ name: 'JINA_API_KEY', id: 'jina', origin: 'https://s.jina.ai', header: 'authorization' },
    baseUrls: { JINA_BASE_URL: '' },
  },
  {
    ...{ name: 'EXA_API_KEY', id: 'exa', origin: 'https://api.exa.ai', header: 'x-api-key' },
    baseUrls: { EXA_BASE_URL: '' },
  },
];

/** The keys that one sandbox may use, each known inside by a placeholder of its own. */
export interface SecretRoutes {
  /** The owner whose requests come in at this path, and the rest of the path. */
  find(path: string): { owner: KeyOwner; rest: string } | undefined;
  placeholder(name: ProxiedSecret): string;
  /** The key in force. */
  key(name: ProxiedSecret): string | undefined;
  /** Placeholders and addresses for the environment of commands. */
  env(forwarder: string): Record<string, string>;
}

export const routePrefix = '/agentrail/';

export function createSecretRoutes(options: {
  owners: readonly KeyOwner[];
  /** Asked at every use. */
  allowed(): readonly ProxiedSecret[];
  key(name: ProxiedSecret): string | undefined;
}): SecretRoutes {
  const placeholders = new Map<ProxiedSecret, string>();
  const allowed = () => options.owners.filter(({ name }) => options.allowed().includes(name));

  function placeholder(name: ProxiedSecret): string {
    const known = placeholders.get(name) ?? `agentrail-placeholder-${randomUUID()}`;
    placeholders.set(name, known);
    return known;
  }

  return {
    find(path) {
      if (!path.startsWith(routePrefix)) return undefined;
      const [, id, rest = '/'] = /^\/agentrail\/([a-z]+)((?:[/?].*)?)$/.exec(path) ?? [];
      const owner = allowed().find((each) => each.id === id);
      return owner && { owner, rest: rest.startsWith('/') ? rest : `/${rest}` };
    },
    placeholder,
    key: options.key,
    env(forwarder) {
      const entries = allowed().flatMap(({ name, id, baseUrls }) => [
        [name, placeholder(name)] as const,
        ...Object.entries(baseUrls).map(
          ([variable, path]) => [variable, `${forwarder}${routePrefix}${id}${path}`] as const,
        ),
      ]);
      return Object.fromEntries(entries);
    },
  };
}

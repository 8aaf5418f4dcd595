import { idPattern } from '../server/contract/ids.ts';

export const linkScheme = 'agentrail';

/** Pages that a link may name, with their addresses in the console. */
export const linkedPages: Readonly<Record<string, string>> = {
  overview: '/',
  playground: '/playground',
  sessions: '/sessions',
  sandboxes: '/sandboxes',
  logs: '/logs',
  knowledge: '/knowledge',
  skills: '/skills',
  memory: '/memory',
  health: '/health',
  secrets: '/secrets',
  data: '/data',
  readiness: '/readiness',
  deploy: '/deploy',
  settings: '/settings',
  'first-run': '/first-run',
};

const longestLink = 600;

/**
 * The console's address of `agentrail://<page>` or `agentrail://session/<id>[?tenant=…&user=…]`; undefined for anything
 * else. Links come from anywhere, so nothing of one reaches an address but a name from the list and ids.
 */
export function parseDeepLink(text: string): string | undefined {
  const url = text.length <= longestLink ? URL.parse(text) : null;
  if (url?.protocol !== `${linkScheme}:`) return undefined;
  if (url.username !== '' || url.password !== '' || url.port !== '' || url.hash !== '') return undefined;
  const path = url.pathname.replace(/^\//, '');
  if (url.hostname === 'session') return sessionAddress(path, url.searchParams);
  if (path !== '' || url.search !== '') return undefined;
  return Object.hasOwn(linkedPages, url.hostname) ? linkedPages[url.hostname] : undefined;
}

function sessionAddress(id: string, query: URLSearchParams): string | undefined {
  const given = [...query];
  const names = given.map(([name]) => name);
  const isKnown = names.every((name, index) => ['tenant', 'user'].includes(name) && names.indexOf(name) === index);
  if (!isKnown || ![id, ...given.map(([, value]) => value)].every((value) => idPattern.test(value))) return undefined;
  return `/playground/${id}${given.length > 0 ? `?${new URLSearchParams(given)}` : ''}`;
}

export function isLink(argument: string): boolean {
  return argument.toLowerCase().startsWith(`${linkScheme}:`);
}

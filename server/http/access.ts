import type { Context } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Owner } from '../contract/ids.ts';
import { AppError } from '../lib/app-error.ts';
import type { TokenGrant } from '../secrets/api-tokens.ts';
import type { HttpEnv } from './http-env.ts';
import type { Operation } from './operation.ts';

/** The pattern of the route that answers, for instance `/api/sessions/:sessionId`; undefined when none does. */
export function routeOf(c: Context<HttpEnv>): { method: string; path: string } | undefined {
  // Middleware is there for every method.
  return matchedRoutes(c).find(({ method }) => method !== 'ALL');
}

/** Throws AppError `forbidden` (403) unless the bearer of a named token may use the route that answers. */
export type AccessCheck = (c: Context<HttpEnv>, grant: TokenGrant) => void;

export function createAccessCheck(operations: readonly Operation[]): AccessCheck {
  const byRoute = new Map(operations.map((operation) => [`${operation.method} ${operation.path}`, operation]));
  return (c, grant) => {
    const route = routeOf(c);
    // Nothing is there: that is what the bearer is told.
    if (!route) return;
    const operation = byRoute.get(`${route.method.toLowerCase()} ${route.path}`);
    if (!operation) throw forbidden('Named tokens may not be used here.');
    const { access, spansTenants } = operation;
    if (access !== 'open' && !access.some((scope) => grant.scopes.includes(scope)))
      throw forbidden(`This token lacks the scope ${access.join(' or ')}.`);
    if (spansTenants && grant.bound.tenantId !== undefined)
      throw forbidden('This shows what belongs to all tenants, and this token is bound to one.');
  };
}

/** For routes whose code nobody here knows: they may show what belongs to anybody. */
export const checkAdmin: AccessCheck = (_c, { scopes, bound }) => {
  if (!scopes.includes('admin')) throw forbidden('This token lacks the scope admin.');
  if (Object.keys(bound).length > 0) throw forbidden('Tokens that are bound to somebody may not be used here.');
};

/**
 * The ids that the bearer works for, from those that were sent: what a bound token leaves out is filled in. Throws
 * AppError `forbidden` (403) when it names others.
 */
export function boundOwner(grant: TokenGrant | undefined, sent: Partial<Record<keyof Owner, unknown>>): Partial<Owner> {
  for (const [key, own] of Object.entries(grant?.bound ?? {})) {
    const given = sent[key as keyof Owner];
    if (given !== undefined && given !== own) throw forbidden(`This token works for the ${key} "${own}" only.`);
  }
  return grant?.bound ?? {};
}

/** The request with the owner of a bound token in its query, so that no route can read it as somebody else's. */
export function withBoundQuery(c: Context<HttpEnv>, grant: TokenGrant): Request {
  const url = new URL(c.req.url);
  for (const tenantId of url.searchParams.getAll('tenantId')) boundOwner(grant, { tenantId });
  for (const userId of url.searchParams.getAll('userId')) boundOwner(grant, { userId });
  for (const [key, own] of Object.entries(grant.bound)) url.searchParams.set(key, own);
  return new Request(url, c.req.raw);
}

function forbidden(message: string): AppError {
  return new AppError('forbidden', message, { status: 403 });
}

import { type ClientResponse, hc } from 'hono/client';
import type { ConsoleApi } from '../../server/console/api.ts';
import { errorOf, toApiError } from './api-error.ts';
import { watchedFetch } from './watched-fetch.ts';

export const apiBase = '/console/api';

/** Proves that a request comes from this page: another site cannot set it without a preflight, which is refused. */
export const consoleHeader = { 'X-Agentrail-Console': '1' };

export const api = hc<ConsoleApi>(apiBase, { headers: consoleHeader, fetch: watchedFetch });

/** The body of a good answer; every fault becomes one ApiError. */
export async function answer<T>(pending: Promise<ClientResponse<T, number, 'json'>>): Promise<T> {
  try {
    const response = await pending;
    if (!response.ok) throw await errorOf(response as unknown as Response);
    return (await response.json()) as T;
  } catch (error) {
    throw toApiError(error);
  }
}

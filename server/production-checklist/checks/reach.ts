import { messageOf } from '../../lib/app-error.ts';

export interface Asked {
  /** Absent when there was no answer; `error` then says why. */
  status?: number;
  headers?: Headers;
  body?: string;
  error?: string;
  tookMs: number;
}

const askTimeoutMs = 5000;
const longestBody = 2000;

/** One request as a client makes it; never rejects. */
export async function ask(
  url: string,
  init: RequestInit,
  { monotonic, signal }: { monotonic(): number; signal: AbortSignal },
): Promise<Asked> {
  const began = monotonic();
  const lasted = () => Math.round((monotonic() - began) * 10) / 10;
  try {
    const ending = AbortSignal.any([signal, AbortSignal.timeout(askTimeoutMs)]);
    const headers = { Connection: 'close', ...init.headers };
    const response = await fetch(url, { redirect: 'manual', ...init, headers, signal: ending });
    const body = (await response.text()).slice(0, longestBody);
    return { status: response.status, headers: response.headers, body, tookMs: lasted() };
  } catch (error) {
    // `fetch failed` says nothing; its cause does.
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return { error: messageOf(cause), tookMs: lasted() };
  }
}

/** As evidence. */
export function toldAnswer({ status, body, error, tookMs }: Asked): string {
  const outcome = status === undefined ? `no answer (${error})` : `${status} ${(body ?? '').slice(0, 200)}`.trim();
  return `${outcome}, ${tookMs} ms`;
}

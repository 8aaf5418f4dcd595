import { ApiError, errorOf, toApiError } from './api-error.ts';
import { apiBase, consoleHeader } from './client.ts';
import { watchedFetch } from './watched-fetch.ts';

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

interface Options {
  query?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
}

export interface Sent {
  sentBytes: number;
  totalBytes: number;
}

function addressOf(path: string, query: Record<string, string> = {}): string {
  const search = new URLSearchParams(query);
  return `${apiBase}/agent${path}${search.size > 0 ? `?${search}` : ''}`;
}

/** Asks the agent API of this program; `T` is what docs/openapi says of the operation. Throws ApiError. */
export async function askAgent<T>(method: Method, path: string, { query, body }: Options = {}): Promise<T> {
  const isJson = body !== undefined;
  try {
    const response = await watchedFetch(addressOf(path, query), {
      method,
      headers: { ...consoleHeader, ...(isJson && { 'Content-Type': 'application/json' }) },
      ...(isJson && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw await errorOf(response);
    return (response.status === 204 ? undefined : await response.json()) as T;
  } catch (error) {
    throw toApiError(error);
  }
}

/** Sends files and tells how much has left: only XMLHttpRequest knows. Aborting rejects with `aborted`. */
export function sendFiles<T>(
  path: string,
  query: Record<string, string>,
  files: readonly File[],
  onSent: (sent: Sent) => void,
  signal: AbortSignal,
): Promise<T> {
  const form = new FormData();
  for (const file of files) form.append('file', file, file.name);
  return new Promise<T>((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    const over = () => signal.removeEventListener('abort', abort);
    request.open('POST', addressOf(path, query));
    for (const [name, value] of Object.entries(consoleHeader)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => onSent({ sentBytes: loaded, totalBytes: total });
    request.onload = () => {
      over();
      const answer = new Response(request.responseText || null, { status: request.status });
      if (answer.ok) answer.json().then((value: T) => resolve(value), reject);
      else errorOf(answer).then(reject, reject);
    };
    request.onerror = () => {
      over();
      reject(toApiError(new TypeError('no answer')));
    };
    request.onabort = () => {
      over();
      reject(new ApiError('aborted', 'The upload was stopped.'));
    };
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) reject(new ApiError('aborted', 'The upload was stopped.'));
    else request.send(form);
  });
}

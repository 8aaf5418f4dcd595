import { EventSourceParserStream } from 'eventsource-parser/stream';
import { errorOf, toApiError } from './api-error.ts';
import { apiBase, consoleHeader } from './client.ts';
import { watchedFetch } from './watched-fetch.ts';

/** What a piece of work tells while it goes on; leaving by the signal ends the work. Throws ApiError. */
export async function followProgress<Progress>(
  path: string,
  body: BodyInit | undefined,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<void> {
  const isJson = typeof body === 'string';
  const headers = { ...consoleHeader, ...(isJson && { 'Content-Type': 'application/json' }) };
  try {
    const response = await watchedFetch(`${apiBase}${path}`, {
      method: 'POST',
      headers,
      ...(body && { body }),
      signal,
    });
    if (!response.ok || !response.body) throw await errorOf(response);
    const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
    const reader = events.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      onProgress(JSON.parse(next.value.data) as Progress);
    }
  } catch (error) {
    if (!signal.aborted) throw toApiError(error);
  }
}

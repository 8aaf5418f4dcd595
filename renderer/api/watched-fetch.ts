/** Told on the window when a request got no answer of the console's. */
export const requestFaultEvent = 'agentrail:request-fault';

/** `fetch`, which tells of requests that the console cannot know of: those that never reached it or were answered by others. */
export const watchedFetch: typeof fetch = async (input, init) => {
  try {
    const response = await fetch(input, init);
    const isForeign = response.status >= 500 && !response.headers.get('Content-Type')?.includes('json');
    if (isForeign) tell(input, init, `status ${response.status}`);
    return response;
  } catch (thrown) {
    if (thrown instanceof TypeError) tell(input, init, thrown.message);
    throw thrown;
  }
};

function tell(input: Parameters<typeof fetch>[0], init: RequestInit | undefined, why: string): void {
  const address = input instanceof Request ? input.url : String(input);
  const [path = ''] = address.split(/[?#]/, 1);
  const detail = { message: `${init?.method ?? 'GET'}: ${why}`, target: path };
  globalThis.window?.dispatchEvent(new CustomEvent(requestFaultEvent, { detail }));
}

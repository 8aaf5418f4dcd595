import { ApiError } from './api-error.ts';
import { apiBase, consoleHeader } from './client.ts';
import { addressForLog, createPageFaults, faultOf, type PageFaultLog } from './page-faults.ts';
import { requestFaultEvent } from './watched-fetch.ts';

/** Hears of every fault of this window that nobody else answers for. */
export function watchPageFaults(): PageFaultLog & { onCaughtError(thrown: unknown): void } {
  const log = createPageFaults({
    page: () => location.pathname,
    async send(faults) {
      const headers = { ...consoleHeader, 'Content-Type': 'application/json' };
      const response = await fetch(`${apiBase}/page-faults`, { method: 'POST', headers, body: JSON.stringify(faults) });
      if (response.status >= 500) throw new Error(`The console answered with status ${response.status}.`);
      return response.ok;
    },
  });
  // Files that do not load tell their own element only, so they are caught on their way down.
  window.addEventListener(
    'error',
    (event) => (event instanceof ErrorEvent ? onError(event) : onLoadFault(event)),
    true,
  );
  window.addEventListener('unhandledrejection', ({ reason }) => {
    // Requests that fail are told as such, and one that is given up is no fault.
    const isExpected = reason instanceof ApiError || (reason instanceof Error && reason.name === 'AbortError');
    if (!isExpected) log.note(faultOf('rejection', reason));
  });
  document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sourceFile, lineNumber }) => {
    log.note({
      kind: 'policy',
      message: effectiveDirective,
      target: addressForLog(blockedURI),
      ...(sourceFile !== '' && { source: `${addressForLog(sourceFile)}:${lineNumber}` }),
    });
  });
  window.addEventListener(requestFaultEvent, (event) => {
    if (event instanceof CustomEvent)
      log.note({ kind: 'request', ...(event.detail as { message: string; target: string }) });
  });

  function onError({ error, message, filename, lineno, colno }: ErrorEvent): void {
    const source = filename === '' ? undefined : `${addressForLog(filename)}:${lineno}:${colno}`;
    log.note({
      ...(error === null || error === undefined ? { kind: 'error', message } : faultOf('error', error)),
      source,
    });
  }

  function onLoadFault({ target }: Event): void {
    if (!(target instanceof HTMLElement)) return;
    const address = target.getAttribute('src') ?? target.getAttribute('href') ?? '';
    log.note({ kind: 'load', message: target.localName, target: addressForLog(address) });
  }

  return { ...log, onCaughtError: (thrown) => log.note(faultOf('render', thrown)) };
}

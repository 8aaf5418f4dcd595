import { AppError } from '../../lib/app-error.ts';
import type { ExecResult } from '../sandbox.ts';

export type BrowserFaultCode =
  | 'browser_missing'
  | 'browser_not_started'
  | 'browser_closed'
  | 'browser_crashed'
  | 'browser_out_of_memory'
  | 'browser_broken'
  | 'browser_timeout'
  | 'browser_refused'
  | 'browser_ref_unknown';

const sentences: Record<BrowserFaultCode, string> = {
  browser_missing:
    'The sandbox image has no browser. A person can make one that has (`npm run sandbox:image -- --browser`) and choose it with `sandbox.image: agentrail-sandbox:browser`. Go on without: WebFetch reads pages, Bash runs programs.',
  browser_not_started: 'The browser did not start.',
  browser_closed: 'The browser was closed. BrowserNavigate opens it again.',
  browser_crashed:
    'The browser crashed and was closed. BrowserNavigate opens it again; the page may be too much for it.',
  browser_out_of_memory:
    'The browser was closed: the sandbox ran out of memory. Open a lighter page, end other programs first, or ask for a higher `sandbox.memory`.',
  browser_broken:
    'The browser said more than can be taken in, or nothing that makes sense, and was closed. BrowserNavigate opens it again; look at another page.',
  browser_timeout:
    'The page does not answer in time. Try BrowserNavigate to another page, or BrowserClose and then BrowserNavigate.',
  browser_refused: 'The browser refused.',
  browser_ref_unknown:
    'There is no such element on the page any more. Take a new BrowserSnapshot and use a ref from it.',
};

export function browserFault(code: BrowserFaultCode, more = '', cause?: unknown): AppError {
  return new AppError(code, more === '' ? sentences[code] : `${sentences[code]} ${more}`, {
    status: code === 'browser_ref_unknown' || code === 'browser_missing' ? 409 : 502,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Printed by the start line when there is none. */
export const missingMark = 'agentrail-browser-missing';

/** Why the browser is not there any more. `said` is the end of what it wrote to stderr. */
export function faultOfEnd({ endedBy, exitCode, signal }: ExecResult, said: string, hasStarted: boolean): AppError {
  if (said.includes(missingMark)) return browserFault('browser_missing');
  switch (endedBy) {
    case 'oom':
      return browserFault('browser_out_of_memory');
    case 'abort':
    case 'timeout':
      return browserFault('browser_closed');
    case 'disk':
      return browserFault('browser_closed', 'The workspace is over its size limit: delete what is not needed first.');
    case 'lost':
      return browserFault('browser_closed', 'Its sandbox ended.');
    case 'exit': {
      if (hasStarted) return browserFault('browser_crashed');
      const how = signal === null ? `It ended with exit code ${exitCode}.` : `It was ended by signal ${signal}.`;
      return browserFault('browser_not_started', said === '' ? how : `${how} It said: ${said.slice(-500)}`);
    }
  }
}

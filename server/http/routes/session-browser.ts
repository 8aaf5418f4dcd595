import { Hono } from 'hono';
import { AppError } from '../../lib/app-error.ts';
import type { Browsers } from '../../sandbox/browser/browsers.ts';
import type { SessionStore } from '../../sessions/store.ts';
import type { HttpEnv } from '../http-env.ts';
import type { Operation } from '../operation.ts';
import { sessionKeyOf, sessionOwnerQuery, sessionParams } from './session-key.ts';

export const sessionBrowserOperations: Operation[] = [
  {
    tag: 'Sessions',
    access: ['read'],
    errors: [400, 403, 404, 502],
    method: 'get',
    path: '/api/sessions/:sessionId/browser/screenshot',
    id: 'screenshotBrowser',
    summary: "Look at what a session's browser shows",
    description: 'Opens no browser: without one that an agent opened the answer is 404 `browser_not_open`.',
    params: sessionParams,
    query: sessionOwnerQuery,
    answers: [{ status: 200, description: 'The page as it looks now.', contentType: 'image/png' }],
  },
];

export function createSessionBrowserRoutes(
  sessions: SessionStore,
  browsers: Pick<Browsers, 'find'> | undefined,
): Hono<HttpEnv> {
  return new Hono<HttpEnv>().get('/api/sessions/:sessionId/browser/screenshot', async (c) => {
    const key = sessionKeyOf(c);
    await sessions.get(key);
    const browser = await browsers?.find(key);
    if (!browser) {
      const sentence = 'This session has no open browser. It has one after the agent called BrowserNavigate.';
      throw new AppError('browser_not_open', sentence, { status: 404 });
    }
    const { bytes } = await browser.screenshot();
    c.header('Content-Type', 'image/png');
    c.header('Cache-Control', 'no-store');
    c.header('X-Content-Type-Options', 'nosniff');
    return c.body(new Uint8Array(bytes));
  });
}

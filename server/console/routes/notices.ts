import { Hono } from 'hono';
import { z } from 'zod';
import type { Notice } from '../../contract/notices.ts';
import { AppError } from '../../lib/app-error.ts';
import { answer } from '../answer.ts';
import type { ConsoleContext } from '../context.ts';
import { validate } from '../validate.ts';

const idParam = z.object({ id: z.string().min(1).max(1024) });

/** Each answers with the list as it is then, newest first; a `notices` event tells other clients. */
export function noticeRoutes({ notices }: ConsoleContext) {
  return new Hono()
    .get('/notices', (c) => answer<{ notices: Notice[] }>(c, { notices: notices.list() }))
    .post('/notices/read', (c) => {
      notices.markRead();
      return answer<{ notices: Notice[] }>(c, { notices: notices.list() });
    })
    .delete('/notices/:id', validate('param', idParam), (c) => {
      if (!notices.dismiss(c.req.valid('param').id))
        throw new AppError('notice_not_found', 'This notice is gone already.', { status: 404 });
      return answer<{ notices: Notice[] }>(c, { notices: notices.list() });
    })
    .delete('/notices', (c) => {
      notices.dismissAll();
      return answer<{ notices: Notice[] }>(c, { notices: notices.list() });
    });
}

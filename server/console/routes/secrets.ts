import { randomBytes } from 'node:crypto';
import { Hono } from 'hono';
import { z } from 'zod';
import { secretNameSchema, setSecretSchema } from '../../contract/secrets.ts';
import { AppError } from '../../lib/app-error.ts';
import { answer } from '../answer.ts';
import type { ConsoleContext } from '../context.ts';
import { validate } from '../validate.ts';

const nameParam = z.object({ name: secretNameSchema });
const unlockBody = z.strictObject({ passphrase: z.string().min(1).max(1024).optional() });
/** `forget`: earlier values go too, and cannot be rolled back to. */
const clearQuery = z.object({ history: z.enum(['keep', 'forget']).optional() });
const tokenName = 'UI_SECRET_TOKEN';

/** Only `reveal` and `generate-token` ever answer with a value, and both leave a line in the log. */
export function secretRoutes(context: ConsoleContext) {
  const { secrets, logger } = context;
  const name = validate('param', nameParam, 'invalid_secret_name');

  return new Hono()
    .get('/secrets', (c) => answer(c, { secrets: secrets.list(), vault: secrets.status() }))
    .put('/secrets/:name', name, validate('json', setSecretSchema), async (c) => {
      const secret = await secrets.set(c.req.valid('param').name, c.req.valid('json').value);
      return answer(c, { secret });
    })
    .delete('/secrets/:name', name, validate('query', clearQuery), async (c) => {
      const forget = c.req.valid('query').history === 'forget';
      const secret = await secrets.clear(c.req.valid('param').name, { forget });
      return answer(c, { secret });
    })
    .post('/secrets/:name/test', name, async (c) =>
      answer(c, { result: await secrets.test(c.req.valid('param').name, c.req.raw.signal) }),
    )
    .post('/secrets/:name/reveal', name, (c) => {
      const value = secrets.reveal(c.req.valid('param').name);
      if (value === undefined) throw new AppError('secret_not_set', 'This secret is not set.', { status: 404 });
      logger.info('A secret was revealed.', { name: c.req.valid('param').name });
      return answer(c, { value });
    })
    .post('/secrets/unlock', validate('json', unlockBody), async (c) => {
      const { passphrase } = c.req.valid('json');
      const vault = (await secrets.unlock?.(passphrase)) ?? secrets.status();
      logger.info('The vault was tried again.', { state: vault.state });
      return answer(c, { vault });
    })
    .post('/secrets/generate-token', async (c) => {
      const token = randomBytes(32).toString('base64url');
      const secret = await secrets.set(tokenName, token, 'generate');
      logger.info('A new server token was made.', { name: tokenName });
      return answer(c, { token, secret });
    });
}

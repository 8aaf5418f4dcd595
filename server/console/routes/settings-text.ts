import { Hono } from 'hono';
import { checkSettingsText } from '../../config/settings-text.ts';
import { settingSchema } from '../../contract/setting-schema.ts';
import { checkTextBody, replaceTextBody } from '../../contract/settings-text.ts';
import { answer } from '../answer.ts';
import type { ConsoleContext } from '../context.ts';
import { validate } from '../validate.ts';

/** agentrail.yaml as a text: read, checked as one types, and replaced as a whole. */
export function settingsTextRoutes({ config }: ConsoleContext) {
  return new Hono()
    .get('/settings/text', async (c) => answer(c, await config.text()))
    .get('/settings/schema', (c) => answer(c, settingSchema()))
    .post('/settings/check', validate('json', checkTextBody), (c) =>
      answer(c, checkSettingsText(c.req.valid('json').text)),
    )
    .put('/settings/text', validate('json', replaceTextBody), async (c) => {
      const { text, base } = c.req.valid('json');
      return answer(c, await config.replaceText(text, base));
    })
    .post('/settings/reload', async (c) => {
      await config.reload();
      return answer(c, {});
    });
}

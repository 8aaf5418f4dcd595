import { Hono } from 'hono';
import { z } from 'zod';
import { type EnvImportPreview, envFileSchema, envImportSchema } from '../../contract/env-import.ts';
import {
  type SecretVersion,
  secretNameSchema,
  type VaultReport,
  type VaultStatus,
  vaultBackendSchema,
} from '../../contract/secrets.ts';
import { AppError } from '../../lib/app-error.ts';
import type { SecretsCare } from '../../secrets/secrets-manager.ts';
import { answer } from '../answer.ts';
import type { ConsoleContext } from '../context.ts';
import { validate } from '../validate.ts';

const nameParam = z.object({ name: secretNameSchema });
const asideParam = z.object({ file: z.string().max(100) });
const rollBackBody = z.strictObject({ version: z.number().int().min(1) });

/** History, import, and the vault as a whole. No answer holds a value. */
export function secretCareRoutes({ secrets }: Pick<ConsoleContext, 'secrets'>) {
  const name = validate('param', nameParam, 'invalid_secret_name');
  const care = (): SecretsCare => {
    if (secrets.care) return secrets.care;
    throw new AppError('vault_unmanaged', 'This server does not manage a vault.', { status: 503 });
  };

  return new Hono()
    .get('/secrets/:name/history', name, (c) =>
      answer<{ versions: SecretVersion[] }>(c, { versions: care().history(c.req.valid('param').name) }),
    )
    .post('/secrets/:name/roll-back', name, validate('json', rollBackBody), async (c) =>
      answer(c, { secret: await care().rollBack(c.req.valid('param').name, c.req.valid('json').version) }),
    )
    .post('/secrets/import/preview', validate('json', envFileSchema), (c) =>
      answer<EnvImportPreview>(c, care().previewImport(c.req.valid('json').text)),
    )
    .post('/secrets/import', validate('json', envImportSchema), async (c) => {
      const { text, names } = c.req.valid('json');
      return answer(c, { secrets: await care().importEnv(text, names) });
    })
    .get('/vault', async (c) => answer<VaultReport>(c, await care().vault()))
    .post('/vault/backend', validate('json', vaultBackendSchema), async (c) => {
      const { backend, passphrase } = c.req.valid('json');
      return answer<{ vault: VaultStatus }>(c, { vault: await care().changeBackend(backend, passphrase) });
    })
    .post('/vault/move-aside', async (c) => answer(c, { path: await care().moveVaultAside() }))
    .post('/vault/aside/:file/bring-back', validate('param', asideParam), async (c) =>
      answer<{ vault: VaultStatus }>(c, { vault: await care().bringVaultBack(c.req.valid('param').file) }),
    )
    .delete('/vault/aside/:file', validate('param', asideParam), async (c) => {
      await care().removeVaultAside(c.req.valid('param').file);
      return answer<VaultReport>(c, await care().vault());
    });
}

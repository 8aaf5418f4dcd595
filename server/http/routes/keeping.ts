import { Hono } from 'hono';
import type { Config } from '../../contract/config.ts';
import { AppError } from '../../lib/app-error.ts';
import { toWebStream } from '../../lib/to-web-stream.ts';
import type { Keeping } from '../../sessions/keeping/keeping.ts';
import { retentionRulesSchema, rulesToApply } from '../../sessions/keeping/rules.ts';
import type { HttpEnv } from '../http-env.ts';
import { readJson } from '../read-json.ts';
import { importQuery, tenantParams, userParams } from './keeping-operations.ts';

const importPath = '/api/tenants/import';

/** An archive comes as it is, and is measured by what it unpacks to. */
export function takesArchive(path: string, contentType: string): boolean {
  return path === importPath && /^application\/(gzip|octet-stream)[ \t]*(;|$)/i.test(contentType);
}

export interface KeepingRouteOptions {
  /** Absent: the routes say so. */
  keeping: Keeping | undefined;
  config(): Config;
}

/** Kept data as a whole: its sizes, retention, tenants on their way, and erasing. */
export function createKeepingRoutes({ keeping, config }: KeepingRouteOptions): Hono<HttpEnv> {
  const inUse = (): Keeping => {
    if (keeping) return keeping;
    throw new AppError('data_unmanaged', 'This server does not manage kept data.', { status: 503 });
  };
  return new Hono<HttpEnv>()
    .get('/api/data/sizes', async (c) => c.json(await inUse().sizes()))
    .post('/api/retention/preview', async (c) => {
      const rules = rulesToApply(await readJson(c, retentionRulesSchema), config().retention);
      return c.json(await inUse().retention.preview(rules));
    })
    .post('/api/retention/apply', async (c) => {
      const rules = rulesToApply(await readJson(c, retentionRulesSchema), config().retention);
      const { retention } = inUse();
      return c.json(await retention.apply(await retention.preview(rules), { signal: c.req.raw.signal }));
    })
    .get('/api/tenants/:tenantId/export', async (c) => {
      const { tenantId } = tenantParams.parse(c.req.param());
      const archive = await inUse().exportTenant(tenantId);
      return c.body(toWebStream(archive), 200, {
        'Content-Type': 'application/gzip',
        'Content-Disposition': `attachment; filename="${tenantId}.agentrail-tenant.gz"`,
      });
    })
    .post(importPath, async (c) => {
      const { merge } = importQuery.parse(c.req.query());
      const { body, signal } = c.req.raw;
      if (body === null || !takesArchive(c.req.path, c.req.header('Content-Type') ?? '')) {
        throw new AppError('unsupported_media_type', 'Send the exported file, with Content-Type: application/gzip.', {
          status: 415,
        });
      }
      return c.json(await inUse().importTenant(body, { ...(merge !== undefined && { merge }), signal }));
    })
    .delete('/api/tenants/:tenantId', async (c) =>
      c.json(await inUse().erasure.apply(tenantParams.parse(c.req.param()))),
    )
    .delete('/api/tenants/:tenantId/users/:userId', async (c) =>
      c.json(await inUse().erasure.apply(userParams.parse(c.req.param()))),
    );
}

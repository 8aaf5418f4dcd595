import { Hono } from 'hono';
import { z } from 'zod';
import { type DeployPlan, deployChoicesSchema } from '../../contract/deploy.ts';
import type { DeployExports } from '../../deploy/deploy-exports.ts';
import { zipFiles } from '../../deploy/zip-files.ts';
import { AppError } from '../../lib/app-error.ts';
import { toWebStream } from '../../lib/to-web-stream.ts';
import { answer } from '../answer.ts';
import type { ConsoleContext } from '../context.ts';
import { validate } from '../validate.ts';

/** Choices as they stand in an address. */
const choicesQuery = z
  .object({
    target: z.string(),
    hostName: z.string().optional(),
    instances: z
      .string()
      .regex(/^\d{1,3}$/, 'Write a whole number, 1 or more.')
      .optional(),
    docker: z.string().optional(),
    dockerHost: z.string().optional(),
  })
  .transform(({ instances, ...rest }) => ({
    ...rest,
    ...(instances !== undefined && { instances: Number(instances) }),
  }))
  .pipe(z.preprocess((query) => query, deployChoicesSchema));

/** Today's settings as files to run elsewhere. */
export function deployRoutes(context: ConsoleContext) {
  const exports = (): DeployExports => {
    if (context.deploy) return context.deploy;
    throw new AppError('deploy_unavailable', 'This server makes no deployment files.', { status: 503 });
  };
  return new Hono()
    .get('/deploy', validate('query', choicesQuery), async (c) =>
      answer<DeployPlan>(c, await exports().plan(c.req.valid('query'))),
    )
    .post('/deploy/exports', validate('json', deployChoicesSchema), async (c) =>
      answer<DeployPlan>(c, await exports().keep(c.req.valid('json'))),
    )
    .get('/deploy/zip', validate('query', choicesQuery), async (c) => {
      const { choices, files } = await exports().plan(c.req.valid('query'));
      const name = `agentrail-${choices.target}`;
      const zip = zipFiles(
        name,
        files.filter(({ change }) => change !== 'removed'),
      );
      return c.body(toWebStream(zip), 200, {
        'Content-Type': 'application/zip',
        'Content-Disposition': `attachment; filename="${name}.zip"`,
      });
    });
}

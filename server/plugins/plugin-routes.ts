import { type ErrorHandler, Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { HttpEnv } from '../http/http-env.ts';
import { AppError } from '../lib/app-error.ts';
import type { Plugin } from './plugin.ts';
import type { PluginFault } from './plugin-fault.ts';

/** Every plugin's routes below its own name. Undefined when none has any. */
export function pluginRoutes(
  plugins: readonly Plugin[],
  report: (fault: PluginFault) => void,
  onError: ErrorHandler<HttpEnv>,
): Hono<HttpEnv> | undefined {
  const all = new Hono<HttpEnv>();
  let hasAny = false;
  for (const plugin of plugins) {
    if (!plugin.routes) continue;
    const own = new Hono<HttpEnv>();
    own.onError((error, c) => {
      if (!(error instanceof AppError) && !(error instanceof HTTPException)) {
        report({ plugin: plugin.name, hook: 'routes', error });
      }
      return onError(error, c);
    });
    try {
      plugin.routes(own);
      all.route(`/plugins/${plugin.name}`, own);
      hasAny = true;
    } catch (error) {
      report({ plugin: plugin.name, hook: 'routes', error });
    }
  }
  return hasAny ? all : undefined;
}

import type { MiddlewareHandler } from 'hono';
import { AppError } from '../../lib/app-error.ts';
import { hasBody } from '../has-body.ts';
import type { HttpEnv } from '../http-env.ts';
import { isMultipart } from '../uploads/read-chat-request.ts';

/**
 * Refuses bodies that do not say they are JSON: a foreign page can send any other kind without asking first. Forms with
 * files are let through where they are taken; there the check of the origin is what keeps foreign pages out.
 */
export function jsonOnly(
  takesForms: (path: string) => boolean,
  takesArchives: (path: string, contentType: string) => boolean = () => false,
): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    if (takesForms(c.req.path) && isMultipart(c.req.header('Content-Type') ?? '')) return next();
    // No page can send these without asking first.
    if (takesArchives(c.req.path, c.req.header('Content-Type') ?? '')) return next();
    if (!hasBody(c) || /^application\/json[ \t]*(;|$)/i.test(c.req.header('Content-Type') ?? '')) return next();
    throw new AppError('unsupported_media_type', 'Send the body as JSON, with Content-Type: application/json.', {
      status: 415,
    });
  };
}

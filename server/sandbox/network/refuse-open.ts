import { AppError } from '../../lib/app-error.ts';

/** `reason` is a sentence of its own. */
export function refuseOpen(reason: string, cause?: unknown): AppError {
  const sentence = `The network cannot be opened to sandboxes without opening this machine to them. ${reason}`;
  const advice =
    'Use sandbox.network: allow-list, or, if code of a model may reach the services of this machine, set sandbox.allowHostServices.';
  return new AppError('network_open_refused', `${sentence} ${advice}`, {
    status: 503,
    cause,
    details: { isRetryUseful: false, blame: 'operator' },
  });
}

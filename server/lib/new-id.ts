import { randomBytes } from 'node:crypto';
import { ulid } from 'ulid';

/** A new id that sorts by its time of making and passes `idPattern`, for instance `run_01J…`. */
export function newId(
  prefix: 'run' | 'session' | 'message' | 'request' | 'instance' | 'agent' | 'job' | 'wait',
): string {
  const short = {
    run: 'run',
    session: 'ses',
    message: 'msg',
    request: 'req',
    instance: 'ins',
    agent: 'agt',
    job: 'job',
    wait: 'wai',
  }[prefix];
  return `${short}_${ulid(Date.now(), randomness()).toLowerCase()}`;
}

/** Numbers from 0 up to 1 for one id, from one call to the system instead of one per character. */
function randomness(): () => number {
  const bytes = randomBytes(16);
  let at = 0;
  return () => (bytes[at++] ?? 0) / 256;
}

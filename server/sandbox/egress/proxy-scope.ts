import type { Clock } from '../../lib/clock.ts';
import type { DecisionLog } from './decision-log.ts';
import type { EgressPolicy } from './egress-policy.ts';
import type { AddressBook } from './resolve-target.ts';
import type { SecretRoutes } from './secret-routes.ts';

/** What the proxy of one sandbox works with. */
export interface ProxyScope {
  policy(): EgressPolicy;
  book: AddressBook;
  decisions: DecisionLog;
  routes: SecretRoutes;
  /** Trusted instead of the public authorities. */
  ca?: string;
  clock: Clock;
}

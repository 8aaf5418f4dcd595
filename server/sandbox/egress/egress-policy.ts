import type { SandboxNetwork } from '../../contract/config.ts';
import { type HostAndPort, isAddressLiteral, matchesPattern, parseHostPattern } from '../../contract/host-pattern.ts';
import { AppError } from '../../lib/app-error.ts';

/** What a sandbox may reach through the proxy; asked anew for every connection. */
export interface EgressPolicy {
  network: SandboxNetwork;
  allowHosts: readonly string[];
}

/** Codes of refusals, as they stand in logs and in `X-Agentrail-Refused`. */
export type EgressRefusal =
  | 'network_none'
  | 'host_not_allowed'
  | 'port_not_allowed'
  | 'address_not_allowed'
  | 'address_private'
  | 'host_unknown'
  | 'host_unreachable'
  | 'sni_mismatch'
  | 'not_tls'
  | 'host_mismatch'
  | 'request_invalid'
  | 'placeholder_missing'
  | 'secret_missing';

/** A refusal with a sentence that the agent can act on. */
export function refusal(code: EgressRefusal, sentence: string, status = 403): AppError {
  return new AppError(code, sentence, { status });
}

/** Throws `network_none`, `host_not_allowed`, `port_not_allowed` or `address_not_allowed`. */
export function checkTarget(target: HostAndPort, policy: EgressPolicy): void {
  if (policy.network !== 'allow-list') {
    throw refusal('network_none', 'This sandbox has no network. Work without it, or ask the person to allow a host.');
  }
  const patterns = readPatterns(policy);
  if (patterns.some((pattern) => matchesPattern(pattern, target))) return;
  const { host, port } = target;
  if (isAddressLiteral(host)) {
    throw refusal(
      'address_not_allowed',
      `The address ${host} is not on this sandbox's list. Use the name of a host that is: ${listOf(policy)}.`,
    );
  }
  const isKnown = patterns.some((pattern) => matchesPattern({ ...pattern, port }, target));
  throw isKnown
    ? refusal('port_not_allowed', `This sandbox may reach ${host}, but not on port ${port}: ${listOf(policy)}.`)
    : refusal(
        'host_not_allowed',
        `This sandbox may not reach ${host}. It may reach: ${listOf(policy)}. The person can add it to sandbox.allowHosts.`,
      );
}

/** Whether the operator wrote this very address into the list. */
export function isListedAddress(target: HostAndPort, policy: EgressPolicy): boolean {
  return readPatterns(policy).some((pattern) => pattern.kind === 'address' && matchesPattern(pattern, target));
}

function readPatterns({ allowHosts }: EgressPolicy) {
  return allowHosts.flatMap((text) => parseHostPattern(text) ?? []);
}

const namedHosts = 8;

function listOf({ allowHosts }: EgressPolicy): string {
  const named = allowHosts.slice(0, namedHosts).join(', ');
  if (allowHosts.length === 0) return 'nothing';
  return allowHosts.length > namedHosts ? `${named} and ${allowHosts.length - namedHosts} more` : named;
}

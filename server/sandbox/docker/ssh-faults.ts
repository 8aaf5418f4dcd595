import type { Fault } from '../faults.ts';

/** What ssh writes to stderr; the order matters: a refused channel may also say "Permission denied". */
const patterns: [RegExp, Fault][] = [
  [/open failed:|administratively prohibited|unix.*forwarding failed/i, 'docker_ssh_forwarding'],
  [/host key verification failed|remote host identification has changed|no matching host key/i, 'docker_ssh_host_key'],
  [/permission denied \(|too many authentication failures|no supported authentication/i, 'docker_ssh_auth'],
];

/** The fault that ssh's words mean; whatever else it says, the machine was not reached. */
export function sshFault(stderr: string): Fault {
  return patterns.find(([pattern]) => pattern.test(stderr))?.[1] ?? 'docker_ssh_unreachable';
}

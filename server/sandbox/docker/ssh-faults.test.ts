import { expect, it } from 'vitest';
import { sshFault } from './ssh-faults.ts';

/** What OpenSSH 9.2 writes. */
it.each([
  ['Host key verification failed.', 'docker_ssh_host_key'],
  ['@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @', 'docker_ssh_host_key'],
  ['me@host: Permission denied (publickey,password).', 'docker_ssh_auth'],
  ['ssh: Could not resolve hostname nowhere: Name or service not known', 'docker_ssh_unreachable'],
  ['ssh: connect to host 127.0.0.1 port 1: Connection refused', 'docker_ssh_unreachable'],
  ['channel 2: open failed: connect failed: Permission denied', 'docker_ssh_forwarding'],
  ['channel 2: open failed: administratively prohibited: open failed', 'docker_ssh_forwarding'],
  ['', 'docker_ssh_unreachable'],
])('%j is %s', (said, fault) => {
  expect(sshFault(said)).toBe(fault);
});

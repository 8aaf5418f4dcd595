/**
 * Integration tests beside which no other one runs: storms, which take the whole machine and bound how long things take
 * to come to rest; abuse, which makes a machine as slow as it can; and Podman, which is slow, while the look for an engine
 * is short.
 */
export const aloneTests = [
  'server/storm/*storm.integration.test.ts',
  'server/storm/chaos/*.integration.test.ts',
  'server/storm/sandboxes/*.integration.test.ts',
  'server/storm/abuse/*.integration.test.ts',
  'server/sandbox/docker/podman.integration.test.ts',
];

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Tests that bring deployments up; they need more programs than others do. */
export const deployTests = ['scripts/deploy.integration.test.ts'];

const programs = {
  'docker-compose': 'docker-compose',
  nginx: 'nginx',
  'tini-static': 'tini',
  'systemd-analyze': 'systemd',
};

/** What of it this machine lacks. */
export function findDeployTools(): { what: string; howToGetIt: string } | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  const missing = Object.entries(programs).filter(
    ([program]) => !folders.some((folder) => existsSync(join(folder, program))),
  );
  if (process.platform === 'linux' && missing.length === 0)
    return process.getuid?.() === 0 ? undefined : { what: 'the rights of root', howToGetIt: 'run the tests as root' };
  const what = process.platform === 'linux' ? missing.map(([program]) => program).join(', ') : 'a Linux machine';
  return { what, howToGetIt: `on Debian: apt-get install ${missing.map(([, name]) => name).join(' ')}` };
}

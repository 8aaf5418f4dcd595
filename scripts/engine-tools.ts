import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Missing } from './prerequisites.ts';

/** Programs that stand for engines elsewhere and of another make; each with the Debian package that has it. */
const packages = {
  sshd: 'openssh-server',
  ssh: 'openssh-client',
  openssl: 'openssl',
  dockerd: 'docker.io',
  podman: 'podman',
  catatonit: 'catatonit',
  busybox: 'busybox-static',
};

/** What tests with engines of their own making lack here. */
export function findEngineTools(): Missing | undefined {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  const isThere = (program: string) => folders.some((folder) => existsSync(join(folder, program)));
  const missing = Object.entries(packages).filter(([program]) => !isThere(program));
  if (missing.length > 0) {
    return {
      what: missing.map(([program]) => program).join(', '),
      howToGetIt: `apt-get install ${missing.map(([, name]) => name).join(' ')}`,
    };
  }
  return process.getuid?.() === 0 ? undefined : { what: 'the rights of root', howToGetIt: 'run the tests as root' };
}

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readCurrentContext, readLocalContexts } from './contexts.ts';
import type { TlsSource } from './tls.ts';

/** Parts of the process's environment that say where an engine is. */
export interface EngineEnv {
  DOCKER_HOST?: string | undefined;
  DOCKER_CONTEXT?: string | undefined;
  /** Folder of Docker's command line; default `~/.docker`. */
  DOCKER_CONFIG?: string | undefined;
  DOCKER_CERT_PATH?: string | undefined;
  /** Whether DOCKER_TLS_VERIFY is set. */
  isTlsVerified?: boolean | undefined;
  HOME?: string | undefined;
  XDG_RUNTIME_DIR?: string | undefined;
  TMPDIR?: string | undefined;
}

export interface PlacesOptions {
  /** `sandbox.dockerHost` of the configuration. */
  dockerHost: string | undefined;
  /** `sandbox.dockerCertPath`, absolute. */
  dockerCertPath?: string | undefined;
  env: EngineEnv;
  platform: NodeJS.Platform;
  /** The user's number, for the usual place of rootless sockets. */
  uid: number | undefined;
}

/** A place where an engine may be. */
export interface Candidate {
  address: string;
  origin: string;
  /** For TCP addresses: they are spoken to by TLS. */
  tls?: TlsSource;
  /** Why it cannot even be tried. */
  problem?: string;
}

/** Places in the order in which they are tried. An address that a person chose is the only one. */
export async function listCandidates(options: PlacesOptions): Promise<Candidate[]> {
  const { dockerHost, env, platform } = options;
  const tls = chosenTls(options);
  const chosen = dockerHost
    ? { address: dockerHost, origin: 'configuration' }
    : env.DOCKER_HOST
      ? { address: env.DOCKER_HOST, origin: 'DOCKER_HOST' }
      : undefined;
  if (chosen) {
    return [{ ...chosen, ...(tls && /^(tcp|https?):/i.test(chosen.address) ? { tls } : {}) }];
  }
  const folder = configFolder(env);
  const context = folder === undefined ? undefined : await readCurrentContext(folder, env.DOCKER_CONTEXT);
  if (context && env.DOCKER_CONTEXT) {
    return [context];
  }
  const usual = platform === 'win32' ? usualPipes() : await usualSockets(options);
  const others = folder === undefined ? [] : await readLocalContexts(folder);
  const all = [...(context ? [context] : []), ...usual, ...others];
  return all.filter(({ address }, at) => all.findIndex((other) => other.address === address) === at);
}

/** As Docker's command line decides: certificates are used when DOCKER_TLS_VERIFY is set, or ours are named. */
function chosenTls({ dockerCertPath, env }: PlacesOptions): TlsSource | undefined {
  if (dockerCertPath !== undefined) {
    return { folder: dockerCertPath, isVerified: true };
  }
  if (!env.isTlsVerified) {
    return undefined;
  }
  const folder = env.DOCKER_CERT_PATH ?? configFolder(env);
  return { ...(folder === undefined ? {} : { folder }), isVerified: true };
}

function configFolder({ DOCKER_CONFIG, HOME }: EngineEnv): string | undefined {
  return DOCKER_CONFIG ?? (HOME === undefined ? undefined : join(HOME, '.docker'));
}

function usualPipes(): Candidate[] {
  const names = ['docker_engine', 'dockerDesktopLinuxEngine', 'podman-machine-default'];
  return names.map((name) => ({ address: `npipe:////./pipe/${name}`, origin: 'usual place' }));
}

async function usualSockets({ env, platform, uid }: PlacesOptions): Promise<Candidate[]> {
  const { HOME: home } = env;
  const runtimeDir = env.XDG_RUNTIME_DIR ?? (uid === undefined ? undefined : `/run/user/${uid}`);
  const isDefined = (path: string | undefined) => path !== undefined;
  const below = (folder: string | undefined, name: string) => (folder === undefined ? undefined : join(folder, name));
  const paths: Record<string, (string | undefined)[]> = {
    'usual place': ['/var/run/docker.sock'],
    'rootless Docker': [below(runtimeDir, 'docker.sock'), below(home, '.docker/run/docker.sock')],
    'Docker Desktop': [below(home, '.docker/desktop/docker.sock')],
    Colima: home === undefined ? [] : await colimaSockets(home),
    OrbStack: [below(home, '.orbstack/run/docker.sock')],
    'Rancher Desktop': [below(home, '.rd/docker.sock')],
    Podman: [below(runtimeDir, 'podman/podman.sock'), '/run/podman/podman.sock'],
    'Podman machine': [
      below(home, '.local/share/containers/podman/machine/podman.sock'),
      ...(platform === 'darwin' ? [below(env.TMPDIR, 'podman/podman-machine-default-api.sock')] : []),
    ],
  };
  return Object.entries(paths).flatMap(([origin, places]) =>
    places.filter((path): path is string => isDefined(path)).map((path) => ({ address: `unix://${path}`, origin })),
  );
}

/** The default machine first, then those that a person has named. */
async function colimaSockets(home: string): Promise<string[]> {
  const found: string[] = [];
  for (const folder of ['.colima', '.config/colima']) {
    const entries = await readdir(join(home, folder), { withFileTypes: true }).catch(() => []);
    const names = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('_')).map(({ name }) => name);
    const others = names.filter((name) => name !== 'default').toSorted();
    for (const name of folder === '.colima' || names.includes('default') ? ['default', ...others] : others) {
      found.push(join(home, folder, name, 'docker.sock'));
    }
  }
  return found;
}

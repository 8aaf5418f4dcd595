// Images for the tests of deployments, made from what this machine has: no registry, no network.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);
/** Made for the sandbox image, and with its packages. */
const debian = 'debian:bookworm-slim';

interface Contents {
  /** Programs with the libraries that they load, by their path here; in the image they keep it. */
  programs: readonly string[];
  /** More files and folders, by their path here. */
  folders?: readonly string[];
  /** New files: path in the image and text. */
  files?: Record<string, string>;
  /** Lines of a Dockerfile after all is there. */
  lines?: readonly string[];
}

/** Node and an init: what node:24-bookworm-slim is, and a tini, for which the Dockerfile would need a package mirror. */
export async function makeNodeImage(tag: string): Promise<void> {
  await withFolder(async (folder) => {
    await cp(process.execPath, join(folder, 'node'));
    await cp('/usr/bin/tini-static', join(folder, 'tini'));
    await writeFile(join(folder, 'Dockerfile'), `FROM ${debian}\nCOPY node tini /usr/local/bin/\n`);
    await build(tag, folder);
  });
}

/** Understands the variables of the official image that a deployment sets. */
export async function makePostgresImage(tag: string, binDir: string): Promise<void> {
  const version = basename(dirname(binDir));
  const home = dirname(binDir);
  await makeImage(tag, {
    programs: ['postgres', 'initdb', 'pg_ctl', 'createdb', 'pg_isready', 'psql'].map((name) => join(binDir, name)),
    folders: [join(home, 'lib'), `/usr/share/postgresql/${version}`, '/usr/share/zoneinfo'],
    files: { '/usr/local/bin/start-postgres': startPostgres },
    lines: [
      'RUN useradd --system --uid 999 postgres && install -d -o postgres -m 700 /var/lib/postgresql/data && chmod 755 /usr/local/bin/start-postgres',
      `ENV PATH=${binDir}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin PGDATA=/var/lib/postgresql/data`,
      'STOPSIGNAL SIGINT',
      'ENTRYPOINT ["start-postgres"]',
    ],
  });
}

/** As nginx-unprivileged: nobody special, and nothing written but /tmp. */
export async function makeNginxImage(tag: string): Promise<void> {
  await makeImage(tag, {
    programs: ['/usr/sbin/nginx'],
    files: { '/etc/nginx/nginx.conf': nginxMain },
    lines: [
      'RUN useradd --system --uid 101 nginx && mkdir -p /var/lib/nginx /var/log/nginx && ln -sf /dev/stderr /var/log/nginx/error.log',
      'USER 101',
      'STOPSIGNAL SIGQUIT',
      `ENTRYPOINT ["nginx", "-g", "daemon off;"]`,
    ],
  });
}

async function makeImage(tag: string, { programs, folders = [], files = {}, lines = [] }: Contents): Promise<void> {
  await withFolder(async (folder) => {
    const root = join(folder, 'root');
    const libraries = new Set((await Promise.all(programs.map(librariesOf))).flat());
    for (const path of [...programs, ...libraries, ...folders]) {
      // Where /lib leads to /usr/lib here, it does so in the image.
      const place = join(root, await realpath(dirname(path)), basename(path));
      await mkdir(dirname(place), { recursive: true });
      await cp(path, place, { recursive: true, dereference: true, filter: (from) => !from.includes('llvmjit') });
    }
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text, { mode: 0o755 });
    }
    await writeFile(join(folder, 'Dockerfile'), [`FROM ${debian}`, 'COPY root /', ...lines, ''].join('\n'));
    await build(tag, folder);
  });
}

async function librariesOf(program: string): Promise<string[]> {
  const { stdout } = await exec('ldd', [program]);
  return Array.from(stdout.matchAll(/(\/\S+) \(0x/g), ([, path = '']) => path);
}

async function build(tag: string, folder: string): Promise<void> {
  await exec('docker', ['build', '--force-rm', '--quiet', '--tag', tag, folder], {
    env: { ...process.env, DOCKER_BUILDKIT: '0' },
  });
}

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'agentrail-image-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const startPostgres = `#!/bin/bash
set -euo pipefail
if [ "$(id -u)" = 0 ]; then
  chown postgres "$PGDATA"
  chmod 700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb --username "$POSTGRES_USER" --pwfile <(echo "$POSTGRES_PASSWORD") --auth-local trust --auth-host scram-sha-256 --no-sync \${POSTGRES_INITDB_ARGS:-}
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  pg_ctl start --wait --options "-c listen_addresses= -k /tmp"
  createdb --host /tmp --username "$POSTGRES_USER" "$POSTGRES_DB"
  pg_ctl stop --wait
fi
exec postgres -c 'listen_addresses=*' -k /tmp
`;

const nginxMain = `worker_processes 1;
pid /tmp/nginx.pid;
error_log /dev/stderr;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  include /etc/nginx/conf.d/*.conf;
}
`;

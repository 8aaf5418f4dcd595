import type { DeployFile } from '../contract/deploy.ts';
import {
  type DeployInput,
  dataDir,
  imageName,
  imageUser,
  indent,
  instancesOf,
  isShared,
  remoteDocker,
  serverPort,
  settingsPath,
  stopSeconds,
} from './deploy-input.ts';
import { envTemplate, keyVariables, placeVariables, serverVariables } from './env-template.ts';
import { balancer, proxyFiles } from './proxies.ts';

/** Docker Compose: one server, or several with Postgres and a balancer. Read by Compose v2 and v1.29. */
export function composeFiles(input: DeployInput): DeployFile[] {
  const variables = [...placeVariables(input), ...serverVariables(input, 'made'), ...keyVariables(input)];
  return [
    { path: 'docker-compose.yml', content: composeFile(input) },
    { path: '.env.example', content: envTemplate('Copy this to .env and fill it in.', variables) },
    { path: 'agentrail.yaml', content: input.settings },
    ...(isShared(input) ? [{ path: 'balancer.conf', content: balancer(input) }] : []),
    ...proxyFiles(input, ['127.0.0.1:3000']),
  ];
}

function composeFile(input: DeployInput): string {
  const services = isShared(input)
    ? [...instancesOf(input).map((each) => instance(input, each)), postgres(), balancerService(input)]
    : [instance(input, 1)];
  const volumes = [
    ...(keepsInVolume(input) ? instancesOf(input).map((each) => `${nameOf(input, each)}:`) : []),
    ...(isShared(input) ? ['postgres:'] : []),
  ];
  return [
    head(input),
    template(input),
    `services:\n${services.join('\n')}`,
    ...(volumes.length === 0 ? [] : [`volumes:\n${indent(2, volumes)}`]),
  ].join('\n');
}

function head(input: DeployInput): string {
  const { docker } = input.choices;
  return [
    `# Agentrail ${input.version} with Docker Compose.`,
    '#',
    '#   cp .env.example .env && chmod 600 .env      # then fill it in',
    docker === 'socket' ? `#   sudo install -d -o ${imageUser} -g ${imageUser} -m 700 ${folders(input)}` : undefined,
    '#   docker compose up -d',
    '#',
    '# Settings are in agentrail.yaml; after a change: docker compose restart.',
    docker === 'socket'
      ? '# The Docker socket gives the server the powers of root on this machine. Give it a machine of its own.'
      : undefined,
    '',
  ]
    .filter((line) => line !== undefined)
    .join('\n');
}

/** What all instances have in common. */
function template(input: DeployInput): string {
  const { docker } = input.choices;
  return `x-server: &server\n${indent(2, [
    `image: \${AGENTRAIL_IMAGE:-${imageName(input)}}`,
    'restart: unless-stopped',
    `stop_grace_period: ${stopSeconds(input)}s`,
    'read_only: true',
    'tmpfs:',
    '  - /tmp:size=256m,mode=1777',
    'cap_drop: [ALL]',
    'security_opt: ["no-new-privileges:true"]',
    docker === 'socket' &&
      `group_add: ["${required('DOCKER_GROUP', 'set it in .env: stat -c %g /var/run/docker.sock')}"]`,
    'mem_limit: 2g',
    'cpus: 2.0',
    'pids_limit: 512',
    'logging:',
    '  driver: json-file',
    '  options: { max-size: 10m, max-file: "5" }',
    'healthcheck:',
    `  test: [CMD, node, -e, "fetch('http://127.0.0.1:${serverPort}/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]`,
    '  interval: 10s',
    '  timeout: 5s',
    '  retries: 3',
    '  start_period: 30s',
  ])}`;
}

function instance(input: DeployInput, number: number): string {
  const name = nameOf(input, number);
  return indent(2, [
    `${name}:`,
    '  <<: *server',
    isShared(input) && `  hostname: ${name}`,
    '  environment:',
    ...environment(input, number).map((line) => `    ${line}`),
    '  volumes:',
    ...mounts(input, number).map((line) => `    - ${line}`),
    ...(isShared(input)
      ? ['  depends_on:', '    postgres: { condition: service_healthy }']
      : ['  ports:', `    - "127.0.0.1:\${AGENTRAIL_PORT:-3000}:${serverPort}"`]),
  ]);
}

function environment(input: DeployInput, number: number): string[] {
  const remote = remoteDocker(input);
  const lines = [
    `AGENTRAIL_DATA_DIR: ${dataAt(input, number)}`,
    `AGENTRAIL_CONFIG_PATH: ${settingsPath}`,
    `UI_SECRET_TOKEN: ${required('UI_SECRET_TOKEN')}`,
    isShared(input) && `DATABASE_URL: postgres://agentrail:${required('POSTGRES_PASSWORD')}@postgres:5432/agentrail`,
    remote && `DOCKER_HOST: ${remote.address}`,
    remote?.by === 'tcp' && 'DOCKER_TLS_VERIFY: "1"',
    remote?.by === 'tcp' && 'DOCKER_CERT_PATH: /etc/agentrail/docker',
    ...keyVariables(input).map(({ name }) => `${name}: \${${name}:-}`),
  ];
  return lines.filter((line) => typeof line === 'string');
}

function mounts(input: DeployInput, number: number): string[] {
  const remote = remoteDocker(input);
  const data = keepsInVolume(input) ? nameOf(input, number) : dataAt(input, number);
  const lines = [
    `"${data}:${dataAt(input, number)}"`,
    `./agentrail.yaml:${settingsPath}:ro`,
    input.choices.docker === 'socket' && '/var/run/docker.sock:/var/run/docker.sock',
    remote?.by === 'ssh' && `"${required('DOCKER_SSH_DIR')}:/home/agentrail/.ssh:ro"`,
    remote?.by === 'tcp' && `"${required('DOCKER_CERTS_DIR')}:/etc/agentrail/docker:ro"`,
  ];
  return lines.filter((line) => typeof line === 'string');
}

function postgres(): string {
  return indent(2, [
    'postgres:',
    `  image: ${optional('POSTGRES_IMAGE', 'postgres:17')}`,
    '  restart: unless-stopped',
    '  security_opt: ["no-new-privileges:true"]',
    '  shm_size: 128m',
    '  mem_limit: 2g',
    '  pids_limit: 512',
    '  environment:',
    '    POSTGRES_USER: agentrail',
    `    POSTGRES_PASSWORD: ${required('POSTGRES_PASSWORD')}`,
    '    POSTGRES_DB: agentrail',
    '    # Search inside of Chinese sentences needs a character type that knows them.',
    '    POSTGRES_INITDB_ARGS: --encoding=UTF8 --locale=C.UTF-8',
    '  volumes:',
    '    - postgres:/var/lib/postgresql/data',
    '  healthcheck:',
    '    test: [CMD, pg_isready, -h, 127.0.0.1, -U, agentrail]',
    '    interval: 5s',
    '    timeout: 3s',
    '    retries: 20',
  ]);
}

/** Keeps each session at one instance: its workspace is there. */
function balancerService(input: DeployInput): string {
  return indent(2, [
    'balancer:',
    `  image: ${optional('NGINX_IMAGE', 'nginxinc/nginx-unprivileged:1.29-alpine')}`,
    '  restart: unless-stopped',
    '  read_only: true',
    '  tmpfs:',
    '    - /tmp:mode=1777',
    '  cap_drop: [ALL]',
    '  security_opt: ["no-new-privileges:true"]',
    '  mem_limit: 256m',
    '  pids_limit: 64',
    '  depends_on:',
    ...instancesOf(input).map((each) => `    ${nameOf(input, each)}: { condition: service_healthy }`),
    '  ports:',
    `    - "127.0.0.1:${optional('AGENTRAIL_PORT', '3000')}:8080"`,
    '  volumes:',
    '    - ./balancer.conf:/etc/nginx/conf.d/default.conf:ro',
  ]);
}

/** The engine mounts workspaces by their path on its machine, so with the socket both paths are one. */
const keepsInVolume = ({ choices }: DeployInput): boolean => choices.docker !== 'socket';

function dataAt(input: DeployInput, number: number): string {
  if (keepsInVolume(input)) return dataDir;
  return `\${AGENTRAIL_DIR:-${dataDir}}/${nameOf(input, number)}`;
}

function folders(input: DeployInput): string {
  return instancesOf(input)
    .map((each) => `"${dataAt(input, each)}"`)
    .join(' ');
}

function nameOf(input: DeployInput, number: number): string {
  return isShared(input) ? `agentrail-${number}` : 'agentrail';
}

/** Compose refuses to start without it, and says why. */
const required = (name: string, how = 'set it in .env'): string => `\${${name}:?${how}}`;
const optional = (name: string, otherwise: string): string => `\${${name}:-${otherwise}}`;

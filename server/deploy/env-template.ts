import { type DeployInput, isShared, remoteDocker } from './deploy-input.ts';

interface Variable {
  name: string;
  about: string;
  /** Written as it is; absent for what a person fills in. */
  value?: string;
  isRequired?: boolean;
}

/** What the deployment reads beside the keys, by its kind. */
export function serverVariables(input: DeployInput, databaseUrl: 'made' | 'asked'): Variable[] {
  const variables: Variable[] = [
    {
      name: 'UI_SECRET_TOKEN',
      about: 'What clients send as a bearer token. Make one: openssl rand -hex 32',
      isRequired: true,
    },
  ];
  if (isShared(input) && databaseUrl === 'made')
    variables.push({
      name: 'POSTGRES_PASSWORD',
      about: 'Of the database that comes along; letters and digits only. Make one: openssl rand -hex 24',
      isRequired: true,
    });
  if (isShared(input) && databaseUrl === 'asked')
    variables.push({ name: 'DATABASE_URL', about: 'postgres://user:password@host:5432/agentrail', isRequired: true });
  return variables;
}

/** Keys of models, searches and the like, as the server knows them, and how its vault is sealed. */
export function keyVariables({ secretNames }: DeployInput): Variable[] {
  return [
    ...secretNames.map((name) => ({ name, about: 'As on the Secrets page; empty: not set.' })),
    {
      name: 'AGENTRAIL_VAULT_PASSPHRASE',
      about: 'Seals keys that are set later in the console; empty: a key file does.',
    },
  ];
}

/** What depends on the machine it runs on, for Compose. */
export function placeVariables(input: DeployInput): Variable[] {
  const { choices, version } = input;
  const variables: Variable[] = [
    { name: 'AGENTRAIL_IMAGE', about: 'The image of the server.', value: `agentrail-console:${version}` },
    { name: 'AGENTRAIL_PORT', about: 'Port on this machine, for the proxy in front.', value: '3000' },
  ];
  if (choices.docker === 'socket')
    variables.push(
      { name: 'DOCKER_GROUP', about: 'Who may use the socket: stat -c %g /var/run/docker.sock', isRequired: true },
      {
        name: 'AGENTRAIL_DIR',
        about: 'Data, on this machine and inside alike: the engine mounts workspaces from it. Owner: 10001:10001',
        value: '/var/lib/agentrail',
      },
    );
  if (remoteDocker(input)?.by === 'ssh')
    variables.push({
      name: 'DOCKER_SSH_DIR',
      about: 'Folder with the ssh key and known_hosts, readable by 10001.',
      isRequired: true,
    });
  if (remoteDocker(input)?.by === 'tcp')
    variables.push({
      name: 'DOCKER_CERTS_DIR',
      about: 'Folder with ca.pem, cert.pem and key.pem, readable by 10001.',
      isRequired: true,
    });
  return variables;
}

/** A file to copy and fill in. */
export function envTemplate(title: string, variables: readonly Variable[]): string {
  const head = `# ${title}\n# The copy holds secrets: chmod 600, and keep it out of version control.\n`;
  const lines = variables.map(
    ({ name, about, value = '', isRequired }) => `\n# ${isRequired ? 'Required. ' : ''}${about}\n${name}=${value}\n`,
  );
  return head + lines.join('');
}

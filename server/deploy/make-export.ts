import type { DeployChoices, DeployFile, DeployNote } from '../contract/deploy.ts';
import { assertNever } from '../lib/assert-never.ts';
import { composeFiles } from './compose.ts';
import type { DeployInput } from './deploy-input.ts';
import { exportedSettings, type SettingsSource } from './exported-settings.ts';
import { kubernetesFiles } from './kubernetes.ts';
import { systemdFiles } from './systemd.ts';

export interface ExportSource extends SettingsSource {
  version: string;
  /** Names of secrets that are set, or that the settings speak of. */
  secretNames: readonly string[];
  /** The sandbox image by digest, when it is known. */
  pinnedImage?: string | undefined;
}

export interface DeployExport {
  files: DeployFile[];
  notes: DeployNote[];
}

/** Made by the deployment itself, beside the keys. */
const ownVariables = new Set(['UI_SECRET_TOKEN', 'DATABASE_URL', 'POSTGRES_PASSWORD', 'AGENTRAIL_VAULT_PASSPHRASE']);

/** The files of a deployment. The same choices and settings give the same files; no value of a secret is in them. */
export function makeExport(source: ExportSource, choices: DeployChoices): DeployExport {
  const { config } = source;
  const pinned = pinImage(source, choices);
  const { yaml, notes } = exportedSettings(pinned.source, choices);
  const names = [...new Set([...source.secretNames, ...namedSecrets(config)])];
  const input: DeployInput = {
    choices,
    version: source.version,
    settings: yaml,
    secretNames: names.filter((name) => !ownVariables.has(name)),
    drainMs: config.shutdown.drainMs,
  };
  const made = filesFor(input);
  // The last word on every byte: whatever came in by a way that nobody thought of does not leave.
  const files = made.map((file) => ({ ...file, content: source.redact(file.content) }));
  const redacted = made.filter(({ content }, index) => content !== files[index]?.content);
  return { files, notes: [...notes, ...pinned.notes, ...redacted.map(redactedNote), ...notesOn(choices)] };
}

function filesFor(input: DeployInput): DeployFile[] {
  switch (input.choices.target) {
    case 'compose':
      return composeFiles(input);
    case 'kubernetes':
      return kubernetesFiles(input);
    case 'systemd':
      return systemdFiles(input);
    default:
      return assertNever(input.choices.target);
  }
}

/** By its digest, so that every machine runs the same one. */
function pinImage(source: ExportSource, { docker }: DeployChoices): { source: ExportSource; notes: DeployNote[] } {
  const { image } = source.config.sandbox;
  const wanted = source.pinnedImage ?? image;
  const values = [
    ...source.values.filter(({ path }) => path !== 'sandbox.image'),
    { path: 'sandbox.image', value: wanted, source: 'file' as const },
  ];
  if (docker === 'none' || wanted.includes('@sha256:')) return { source: { ...source, values }, notes: [] };
  const message = `The sandbox image ${wanted} has no digest: it was built on this machine, or may change. Build or pull it where sandboxes will run; from a registry it can be pinned.`;
  return { source: { ...source, values }, notes: [{ code: 'image_not_pinned', subject: wanted, message }] };
}

function redactedNote({ path }: DeployFile): DeployNote {
  const message = `${path} held the value of a secret; a marker is in its place. Replace it before you use the file.`;
  return { code: 'secret_left_out', subject: path, message };
}

/** Variables that the settings name, set or not. */
function namedSecrets({ providers, sandbox, mcpServers }: ExportSource['config']): string[] {
  const keys = Object.values(providers).flatMap(({ apiKeyEnv }) => apiKeyEnv ?? []);
  const texts = Object.values(mcpServers).flatMap(({ env = {}, headers = {}, args = [] }) => [
    ...Object.values(env),
    ...Object.values(headers),
    ...args,
  ]);
  const referred = texts.flatMap((text) =>
    Array.from(text.matchAll(/\$\{([A-Z][A-Z0-9_]*)\}/g), ([, name = '']) => name),
  );
  return [...keys, ...sandbox.grantSecrets, ...sandbox.secretProxy, ...referred];
}

function notesOn({ docker, instances }: DeployChoices): DeployNote[] {
  const notes: DeployNote[] = [];
  if (docker === 'socket')
    notes.push({
      code: 'socket_is_root',
      message:
        'The Docker socket gives the server the powers of root on that machine. Give it a machine of its own, or a remote Docker.',
    });
  if (docker === 'none')
    notes.push({ code: 'no_docker', message: 'Without Docker agents answer, but run no commands.' });
  if (instances > 1 && docker !== 'none')
    notes.push({
      code: 'workspaces_apart',
      message:
        'A session’s workspace stays at the instance that made it. Clients that send X-Session-Id with every request stay there too.',
    });
  return notes;
}

import { z } from 'zod';

/** Today's settings as files to run elsewhere: what can be chosen, and what comes of it. */

export const deployTargets = ['compose', 'kubernetes', 'systemd'] as const;
export type DeployTarget = (typeof deployTargets)[number];

/** Where agents' commands run: this machine's Docker by its socket, a Docker elsewhere, or nowhere. */
export const deployDockers = ['socket', 'remote', 'none'] as const;
export type DeployDocker = (typeof deployDockers)[number];

export const mostInstances = 16;
export const defaultHostName = 'agentrail.example.com';

const hostName = z
  .string()
  .max(253)
  .regex(
    /^(?!\d+(\.\d+)*$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/,
    'Write a name such as agentrail.example.com: lower case, without https:// and without a port.',
  );

const dockerHost = z
  .string()
  .max(300)
  .regex(
    /^(ssh|tcp):\/\/([A-Za-z0-9._-]+@)?[A-Za-z0-9.-]+(:\d{1,5})?(\/[A-Za-z0-9._/-]*)?$/,
    'Write ssh://user@host or tcp://host:2376.',
  );

export const deployChoicesSchema = z
  .strictObject({
    target: z.enum(deployTargets),
    /** The name under which people reach it, through a proxy that speaks TLS. */
    hostName: hostName.default(defaultHostName),
    /** More than one share their sessions through Postgres. */
    instances: z.number().int().min(1).max(mostInstances).default(1),
    docker: z.enum(deployDockers).default('socket'),
    /** With `remote` only. */
    dockerHost: dockerHost.exactOptional(),
  })
  .superRefine(({ target, docker, dockerHost: address }, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (docker === 'remote' && address === undefined)
      refuse('dockerHost', 'Say where the other Docker is: ssh://user@host or tcp://host:2376.');
    if (docker !== 'remote' && address !== undefined)
      refuse('dockerHost', 'An address belongs to a remote Docker only. Choose remote, or leave the address out.');
    if (target === 'kubernetes' && docker === 'socket')
      refuse('docker', 'A node of Kubernetes has no Docker socket to give away. Choose remote or none.');
  });
export type DeployChoices = z.infer<typeof deployChoicesSchema>;

export interface DeployFile {
  /** Below the folder of the export, with `/`. */
  path: string;
  content: string;
}

export const deployNoteCodes = [
  'secret_left_out',
  'file_not_included',
  'local_address',
  'image_not_pinned',
  'socket_is_root',
  'workspaces_apart',
  'no_docker',
] as const;

/** Something that a person has to know or do; nothing of it stops the export. */
export interface DeployNote {
  code: (typeof deployNoteCodes)[number];
  /** The setting or file that it is about. */
  subject?: string;
  message: string;
}

export interface DeployLine {
  kind: 'same' | 'added' | 'removed';
  text: string;
}

/** One file beside what the last export had in its place. */
export interface ComparedFile extends DeployFile {
  change: 'new' | 'same' | 'changed' | 'removed';
  added: number;
  removed: number;
  /** Line by line; absent for what is new or the same. */
  lines?: DeployLine[];
}

export interface DeployPlan {
  choices: DeployChoices;
  /** In the order in which they are read; those that the last export had and this one has not come last. */
  files: ComparedFile[];
  notes: DeployNote[];
  /** The last one for the same target. */
  lastExportAt?: number;
  /** The same on the command line. */
  command: string;
}

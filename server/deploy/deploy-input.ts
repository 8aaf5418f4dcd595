import type { DeployChoices } from '../contract/deploy.ts';

/** What every file is made from. Holds names of secrets, never a value. */
export interface DeployInput {
  choices: DeployChoices;
  version: string;
  /** agentrail.yaml of the export. */
  settings: string;
  /** Variables for secrets, beside those that every export has, in the order of the page. */
  secretNames: readonly string[];
  /** Bytes of memory and the like are for the server; sandboxes have limits of their own. */
  drainMs: number;
}

export const dataDir = '/var/lib/agentrail';
export const settingsPath = '/etc/agentrail/agentrail.yaml';
/** Of the user in the image. */
export const imageUser = 10_001;
export const serverPort = 3000;

export const imageName = ({ version }: DeployInput): string => `agentrail-console:${version}`;
export const isShared = ({ choices }: DeployInput): boolean => choices.instances > 1;
/** After the drain come plugins, sandboxes and logs. */
export const stopSeconds = ({ drainMs }: DeployInput): number => Math.ceil(drainMs / 1000) + 30;

/** 1, 2, … one for each instance. */
export function instancesOf({ choices }: DeployInput): number[] {
  return Array.from({ length: choices.instances }, (_, index) => index + 1);
}

/** How the engine is reached, for one that is elsewhere. */
export function remoteDocker({ choices }: DeployInput): { address: string; by: 'ssh' | 'tcp' } | undefined {
  const { docker, dockerHost } = choices;
  if (docker !== 'remote' || dockerHost === undefined) return undefined;
  return { address: dockerHost, by: dockerHost.startsWith('ssh:') ? 'ssh' : 'tcp' };
}

/** Lines that stand `depth` deep; absent ones are left out. */
export function indent(depth: number, lines: readonly (string | false | undefined)[]): string {
  return lines
    .filter((line) => typeof line === 'string')
    .map((line) => (line === '' ? '\n' : `${' '.repeat(depth)}${line}\n`))
    .join('');
}

import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { secretVariables } from '../config/env.ts';
import { splitPath } from '../config/setting-tree.ts';
import {
  type DeployChoices,
  type DeployPlan,
  defaultHostName,
  deployChoicesSchema,
  deployDockers,
  deployTargets,
} from '../contract/deploy.ts';
import { createDataLayout } from '../data/layout.ts';
import { createDeployExports } from '../deploy/deploy-exports.ts';
import { createLastExports } from '../deploy/last-exports.ts';
import { type WrittenFile, writeExport } from '../deploy/write-export.ts';
import { AppError } from '../lib/app-error.ts';
import { systemClock } from '../lib/clock.ts';
import { knownSecrets } from '../secrets/known-secrets.ts';
import { createLiveRedactor, createSecretMatcher } from '../secrets/redactor.ts';
import { parseVault } from '../secrets/vault-format.ts';
import { type DataFlags, exitCodes, locate, runCommand } from './opened-data.ts';
import { say } from './output.ts';

interface DeployFlags extends DataFlags {
  target: string;
  name: string;
  instances: number;
  docker?: string;
  dockerHost?: string;
  out: string;
  force?: boolean;
}

/** `agentrail deploy`: today's settings as files to run elsewhere. */
export function addDeployCommand(program: Command, common: Option[]): void {
  const command = program
    .command('deploy')
    .description('write files that run this elsewhere: Docker Compose, Kubernetes or systemd')
    .addOption(new Option('--target <kind>', 'what runs it').choices(deployTargets).makeOptionMandatory())
    .requiredOption('--out <folder>', 'where the files go; made when missing')
    .option('--name <host>', 'name under which people reach it', defaultHostName)
    .option('--instances <number>', 'more than one share sessions through Postgres', toNumber, 1)
    .addOption(
      new Option('--docker <access>', 'where commands of agents run (default: socket; Kubernetes: none)').choices(
        deployDockers,
      ),
    )
    .option('--docker-host <address>', 'the remote Docker: ssh://user@host or tcp://host:2376')
    .option('--force', 'take the place of files that differ; each is kept beside it as .bak')
    .option('--json', 'print JSON');
  for (const option of common) command.addOption(option);
  command.action((flags: DeployFlags) => runCommand(() => deploy(flags)));
}

async function deploy(flags: DeployFlags): Promise<number> {
  const choices = choicesOf(flags);
  const { dataDir, config } = await locate(flags);
  if (config.faults().length > 0) await config.reload();
  const variable = secretVariables();
  const stored = await namesInVault(dataDir);
  const names = [...new Set([...knownSecrets.map(({ name }) => name), ...stored])];
  const matcher = createSecretMatcher(names.map((name) => ({ name, value: variable(name) ?? '' })));
  const exports = createDeployExports({
    source: () => ({
      ...{ version: packageJson.version, config: config.current(), values: config.values(), split: splitPath },
      redact: createLiveRedactor(() => matcher).redact,
      secretNames: names.filter((name) => stored.includes(name) || variable(name) !== undefined),
    }),
    last: createLastExports(dataDir),
    clock: systemClock,
  });
  const plan = await exports.plan(choices);
  const files = plan.files.filter(({ change }) => change !== 'removed');
  const written = await writeExport(flags.out, files, flags.force === true);
  if (await isThere(dataDir)) await exports.keep(choices);
  if (flags.json) say(JSON.stringify({ folder: path.resolve(flags.out), files: written, notes: plan.notes }));
  else tell(plan, written, flags.out);
  return exitCodes.fine;
}

function choicesOf({ target, name, instances, docker, dockerHost }: DeployFlags): DeployChoices {
  const { data, error } = deployChoicesSchema.safeParse({
    ...{ target, hostName: name, instances },
    docker: docker ?? (dockerHost !== undefined ? 'remote' : target === 'kubernetes' ? 'none' : 'socket'),
    ...(dockerHost !== undefined && { dockerHost }),
  });
  if (data) return data;
  const options: Record<string, string> = { hostName: '--name', dockerHost: '--docker-host' };
  const lines = error.issues.map(({ path: at, message }) => {
    const field = String(at[0]);
    return `${options[field] ?? `--${field}`}: ${message}`;
  });
  throw new AppError('invalid_request', lines.join('\n'), { status: 400 });
}

function tell(plan: DeployPlan, written: readonly WrittenFile[], folder: string): void {
  for (const { path: name, change, added, removed, keptAs } of written) {
    const size = change === 'changed' ? `  +${added} −${removed}, before: ${keptAs}` : '';
    say(`${change.padEnd(8)} ${path.join(folder, name)}${size}`);
  }
  for (const { message } of plan.notes) say(`look     ${message}`);
  const [main] = written;
  if (main) say(`\nWhat to do next is at the top of ${path.join(folder, main.path)}.`);
}

/** Names alone; the values stay sealed. */
async function namesInVault(dataDir: string): Promise<string[]> {
  const text = await readFile(createDataLayout(dataDir).vaultFile, 'utf8').catch(() => '');
  return Object.keys(parseVault(text)?.entries ?? {});
}

const isThere = (folder: string): Promise<boolean> =>
  stat(folder).then(
    () => true,
    () => false,
  );

function toNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1) return value;
  throw new InvalidArgumentError('Write a whole number, 1 or more.');
}

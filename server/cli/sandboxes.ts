import { existsSync } from 'node:fs';
import type { Command, Option } from 'commander';
import { createConfigManager } from '../config/config-manager.ts';
import { readEnvironment } from '../config/env.ts';
import { resolveBoot } from '../config/resolve-boot.ts';
import type { Config } from '../contract/config.ts';
import type { ImageProgress } from '../contract/sandbox.ts';
import { acquireDataDirLock, type DataDirLock } from '../data/lock.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import { systemClock } from '../lib/clock.ts';
import { newId } from '../lib/new-id.ts';
import { createCleanUp } from '../sandbox/clean-up.ts';
import type { ContainerEngine } from '../sandbox/container-engine.ts';
import { discoverEngine, engineFault } from '../sandbox/docker/discovery.ts';
import { createDockerEngine } from '../sandbox/docker/docker-engine.ts';
import { createSshTunnels, type SshTunnels } from '../sandbox/docker/ssh-tunnels.ts';
import { engineEnv } from '../sandbox/engine-env.ts';
import { sandboxFault } from '../sandbox/faults.ts';
import { createImagePins } from '../sandbox/image-pins.ts';
import { isBundledImage, readImageStatus } from '../sandbox/image-status.ts';
import { createSandboxImages } from '../sandbox/images.ts';
import { managedLabel, readOwner } from '../sandbox/labels.ts';
import { checkLiveness, type Liveness } from '../sandbox/process-identity.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { hasServer } from './link/console-link.ts';
import { type ConsoleClient, withConsole } from './link/with-console.ts';
import { exitCodes, inMegabytes, locate, runCommand } from './opened-data.ts';
import { say } from './output.ts';
import { chosenOf, cleanOnServer, listOfServer, removeOnServer, showPlan } from './sandboxes-of-server.ts';

interface Flags {
  dataDir?: string;
  config?: string;
  json?: boolean;
}

interface Opened {
  engine: ContainerEngine;
  dataDir: string;
  settings: Config['sandbox'];
}

export interface CleanFlags extends Flags {
  apply?: boolean;
  saveWorkspaces?: boolean;
  only?: string[];
}

/** `agentrail sandboxes ls|clean|pull|rm`: works on the engine itself, with or without a server. */
export function addSandboxCommands(program: Command, common: Option[]): void {
  const sandboxes = program.command('sandboxes').description('list, clean up and remove sandboxes');
  const add = (name: string, description: string): Command => {
    const command = sandboxes.command(name).description(description).option('--json', 'print JSON');
    for (const option of common) command.addOption(option);
    return command;
  };
  add('ls', 'list the sandboxes of the running server; without one, every container of any Agentrail on this engine')
    .option('--all', 'also while a server runs: every container on this engine')
    .action((flags: Flags & { all?: boolean }) =>
      throughServer(flags, listOfServer, () => finish((tunnels) => list(flags, tunnels)), flags.all),
    );
  add('clean', 'show what can be cleaned up; changes nothing without --apply')
    .option('--apply', 'remove it')
    .option('--save-workspaces', 'write each workspace as a zip into the backups first')
    .option('--only <ids...>', 'these alone, as --json names them')
    .action((flags: CleanFlags) =>
      throughServer(flags, cleanOnServer, () => finish((tunnels) => clean(flags, tunnels))),
    );
  add('pull [image]', 'fetch the sandbox image before it is needed').action((image: string | undefined, flags: Flags) =>
    runCommand(() => finish((tunnels) => pull(image, flags, tunnels))),
  );
  add(
    'rm <name...>',
    'destroy sandboxes of the running server; without one, remove containers whose owner is gone',
  ).action((names: string[], flags: Flags) =>
    throughServer(
      flags,
      (console) => removeOnServer(console, names, flags),
      () => finish((tunnels) => remove(names, flags, tunnels)),
    ),
  );
}

/** The server knows what is in use, and which engine it means; without one the engine alone is asked. */
async function throughServer(
  flags: CleanFlags,
  onServer: (console: ConsoleClient, flags: CleanFlags) => Promise<number>,
  directly: () => Promise<number>,
  isDirect = false,
): Promise<void> {
  await runCommand(async (signal) => {
    const { dataDir } = await locate(flags);
    if (!isDirect && (await hasServer(dataDir)))
      return withConsole(flags, { only: 'server', signal }, (console) => onServer(console, flags));
    return directly();
  });
}

async function finish(command: (tunnels: SshTunnels) => Promise<number>): Promise<number> {
  const tunnels = createSshTunnels({ command: ['ssh'], clock: systemClock, logger: silentLogger });
  try {
    return await command(tunnels);
  } finally {
    await tunnels.close();
  }
}

async function list(flags: Flags, tunnels: SshTunnels): Promise<number> {
  const { engine } = await open(flags, tunnels);
  const rows = await Promise.all((await engine.list(managedLabel)).map(describe));
  if (flags.json) {
    say(JSON.stringify(rows));
  } else if (rows.length === 0) {
    say('There are no sandboxes.');
  }
  if (!flags.json) {
    for (const { name, state, owner, session } of rows) say([name, state, `owner ${owner}`, session].join('  '));
  }
  return exitCodes.fine;
}

async function clean(flags: CleanFlags, tunnels: SshTunnels): Promise<number> {
  const { engine, dataDir } = await open(flags, tunnels);
  const lock = await tryLock(dataDir);
  try {
    const cleanUp = createCleanUp({
      dataDir,
      instanceId: newId('instance'),
      engine: async () => engine,
      isOurs: () => false,
      isInUse: () => false,
      ownsDataDir: lock !== undefined,
      clock: systemClock,
      logger: silentLogger,
    });
    const plan = await cleanUp.plan();
    if (!flags.apply) {
      showPlan(plan, flags);
      return plan.problem === undefined ? exitCodes.fine : exitCodes.problem;
    }
    const done = await cleanUp.apply({
      ids: chosenOf(plan, flags.only).map(({ id }) => id),
      savesWorkspaces: flags.saveWorkspaces ?? false,
      onProgress(progress) {
        if (flags.json || progress.type === 'done') return;
        const { outcome } = progress;
        say(`${progress.done}/${progress.total}  ${outcome.id}  ${outcome.ok ? 'removed' : outcome.error}`);
      },
    });
    say(flags.json ? JSON.stringify(done) : `Freed ${inMegabytes(done.freedBytes)}.`);
    return done.outcomes.every(({ ok }) => ok) ? exitCodes.fine : exitCodes.problem;
  } finally {
    await lock?.release();
  }
}

async function remove(names: string[], flags: Flags, tunnels: SshTunnels): Promise<number> {
  const { engine } = await open(flags, tunnels);
  const known = new Map((await engine.list(managedLabel)).map((container) => [container.name, container]));
  const outcomes = [];
  for (const name of new Set(names)) {
    const container = known.get(name);
    const owner = container && (await describe(container)).owner;
    let error: string | undefined;
    if (!container) error = 'There is no sandbox of this name.';
    else if (owner === 'alive') error = 'Its server runs: destroy it on the Sandboxes page there, or stop the server.';
    else await engine.remove(container.containerId);
    outcomes.push({ name, ok: error === undefined, ...(error === undefined ? {} : { error }) });
    if (!flags.json) say(`${name}  ${error ?? 'removed'}`);
  }
  if (flags.json) say(JSON.stringify(outcomes));
  return outcomes.every(({ ok }) => ok) ? exitCodes.fine : exitCodes.problem;
}

/** The image that is configured, or another one; says how far each layer is. */
async function pull(image: string | undefined, flags: Flags, tunnels: SshTunnels): Promise<number> {
  const { engine, settings } = await open(flags, tunnels);
  const reference = image ?? settings.image;
  if (isBundledImage(reference)) {
    throw new AppError('image_pull_failed', `${reference} is built, not fetched: npm run sandbox:image`);
  }
  const images = createSandboxImages({
    engine: async () => engine,
    status: () => readImageStatus(engine, reference),
    reference: () => reference,
    pins: createImagePins(),
    imageFolder: undefined,
    clock: systemClock,
  });
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal);
  try {
    const { digest, imageId } = await images.pull(reference, flags.json ? () => undefined : sayProgress, stop.signal);
    say(flags.json ? JSON.stringify({ reference, digest, imageId }) : `${reference} is here: ${digest ?? imageId}`);
    return exitCodes.fine;
  } finally {
    process.off('SIGINT', onSignal);
  }
}

function sayProgress(progress: ImageProgress): void {
  if (progress.type === 'line') say(progress.text);
  if (progress.type !== 'layer') return;
  const { id, status, doneBytes, totalBytes } = progress;
  const share =
    doneBytes === undefined || !totalBytes ? '' : `  ${inMegabytes(doneBytes)} of ${inMegabytes(totalBytes)}`;
  say(`${id}  ${status}${share}`);
}

async function open(flags: Flags, tunnels: SshTunnels): Promise<Opened> {
  const environment = readEnvironment();
  const { dataDir, config: configPath } = flags;
  const boot = resolveBoot(environment, {
    cwd: process.cwd(),
    ...(dataDir !== undefined && { dataDir }),
    ...(configPath !== undefined && { configPath }),
  });
  const config = await createConfigManager({ boot, env: environment, commandLine: {} });
  const settings = config.current().sandbox;
  const { engine, status } = await discoverEngine({
    dockerHost: settings.dockerHost,
    dockerCertPath: settings.dockerCertPath,
    allowsPlainTcp: settings.allowPlainTcp,
    tunnels,
    env: engineEnv(environment),
    platform: process.platform,
    uid: process.getuid?.(),
    now: systemClock.now(),
  });
  if (!engine) throw sandboxFault(engineFault(status));
  return { engine: createDockerEngine(engine, systemClock), dataDir: boot.dataDir, settings };
}

/** Undefined when another process owns the data directory: its workspaces are none of our business then. */
async function tryLock(dataDir: string): Promise<DataDirLock | undefined> {
  if (!existsSync(dataDir)) return undefined;
  try {
    return await acquireDataDirLock(dataDir, { instanceId: newId('instance'), clock: systemClock });
  } catch (error) {
    const isOwned = error instanceof AppError && error.code === 'data_dir_locked';
    process.stderr.write(
      isOwned
        ? 'A running server owns the data directory: workspaces are left alone. Clean them up on its Sandboxes page.\n'
        : `Workspaces are left alone. ${messageOf(error)}\n`,
    );
    return undefined;
  }
}

async function describe({ name, state = '', labels }: Awaited<ReturnType<ContainerEngine['list']>>[number]) {
  const known = readOwner(labels);
  const owner: Liveness = known ? await checkLiveness(known.owner) : 'unknown';
  const session = `${labels['run.agentrail.tenant'] ?? ''}/${labels['run.agentrail.session'] ?? ''}`;
  return { name, state, owner, session: labels['run.agentrail.pool'] === '1' ? 'warm pool' : session };
}

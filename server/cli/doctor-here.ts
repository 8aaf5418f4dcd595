import packageJson from '../../package.json' with { type: 'json' };
import { desktopEnvironment, programEnvironment, secretVariables } from '../config/env.ts';
import type { IntegrityFinding } from '../contract/doctor.ts';
import type { EngineStatus } from '../contract/sandbox.ts';
import type { VaultStatus } from '../contract/secrets.ts';
import { createBackups } from '../data/backup/backups.ts';
import { quarantine } from '../data/integrity/quarantine.ts';
import { scanIntegrity } from '../data/integrity/scan.ts';
import { acquireDataDirLock, type DataDirLock, inspectDataDirLock } from '../data/lock.ts';
import { reachableProviders } from '../doctor/checks.ts';
import { createDoctor, type Doctor } from '../doctor/doctor.ts';
import type { DoctorSurroundings } from '../doctor/surroundings.ts';
import { systemClock } from '../lib/clock.ts';
import { newId } from '../lib/new-id.ts';
import { createNetwork } from '../network/network.ts';
import { readSystemProxy } from '../network/system-proxy/read-system-proxy.ts';
import { createCleanUp } from '../sandbox/clean-up.ts';
import type { ContainerEngine } from '../sandbox/container-engine.ts';
import { discoverEngine } from '../sandbox/docker/discovery.ts';
import { createDockerEngine } from '../sandbox/docker/docker-engine.ts';
import { createSshTunnels } from '../sandbox/docker/ssh-tunnels.ts';
import { engineEnv } from '../sandbox/engine-env.ts';
import { readImageStatus } from '../sandbox/image-status.ts';
import type { Redactor } from '../secrets/secret-source.ts';
import { lineJudgeFor } from '../sessions/line-rules.ts';
import { tryStore } from '../sessions/try-store.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { type DataFlags, locate, mustBeThere } from './opened-data.ts';

export interface DoctorHere {
  doctor: Doctor;
  dataDir: string;
  /** Looks for an engine, once. */
  engine(): Promise<EngineStatus>;
  close(): Promise<void>;
}

export interface DoctorHereOptions {
  /** Takes secrets out of what is found; absent: those of the environment are all that is known. */
  redactor?: Redactor;
  /** Held by the caller. */
  lock?: DataDirLock;
  /** Known when the caller opened it. */
  vault?: () => VaultStatus;
}

/** Doctor of a command: it opens for itself what a running program would know, and takes no lock to look. */
export async function openDoctorHere(flags: DataFlags, options: DoctorHereOptions = {}): Promise<DoctorHere> {
  const { dataDir, config, env } = await locate(flags);
  await mustBeThere(dataDir);
  const { lock, redactor = { redact: (text) => text } } = options;
  const variable = secretVariables();
  const clock = systemClock;
  const tunnels = createSshTunnels({ command: ['ssh'], clock, logger: silentLogger });
  const backups = createBackups({
    ...{ dataDir, version: packageJson.version, tryStore, clock, logger: silentLogger },
    settings: () => config.current().backup,
  });
  const network = createNetwork({
    settings: () => config.current().network,
    environment: env.proxies,
    readSystem: () => readSystemProxy({ platform: process.platform, environment: desktopEnvironment() }),
    clock,
  });
  let looking: ReturnType<typeof discover> | undefined;

  async function discover() {
    const { dockerHost, dockerCertPath, allowPlainTcp } = config.current().sandbox;
    const { status, engine } = await discoverEngine({
      ...{ dockerHost, dockerCertPath, allowsPlainTcp: allowPlainTcp, tunnels, env: engineEnv(env) },
      ...{ platform: process.platform, uid: process.getuid?.(), now: clock.now() },
    });
    return { status, ...(engine && { engine: createDockerEngine(engine, clock) }) };
  }

  /** Checks run side by side; one look is enough for all. */
  const lookOnce = () => {
    looking ??= discover();
    return looking;
  };

  async function withEngine<T>(work: (engine: ContainerEngine) => Promise<T>): Promise<T | undefined> {
    const { engine } = await lookOnce();
    return engine === undefined ? undefined : work(engine);
  }

  const cleanUp = (engine: ContainerEngine) =>
    createCleanUp({
      ...{ dataDir, instanceId: newId('instance'), engine: async () => engine, clock, logger: silentLogger },
      ...{ isOurs: () => false, isInUse: () => false, ownsDataDir: false },
    });

  const at: DoctorSurroundings = {
    ...{ dataDir, clock, fetch: network.fetch, environment: programEnvironment() },
    ownership: async () => (lock ? { state: 'own', isHeld: await lock.isHeld() } : inspectDataDirLock(dataDir)),
    config: () => ({
      ...{ settings: config.current(), faults: config.faults(), notes: config.notes() },
      ...{ values: config.values(), file: config.filePath() },
    }),
    engine: async () => (await lookOnce()).status,
    image: () => withEngine((engine) => readImageStatus(engine, config.current().sandbox.image)),
    leftovers: () => withEngine((engine) => cleanUp(engine).plan()),
    ownAddress: () => undefined,
    providers: () => reachableProviders(config.current(), (name) => variable(name) !== undefined),
    lastBackupAt: backups.lastAt,
    databaseUrl: () => variable('DATABASE_URL'),
    async vault() {
      if (options.vault) return options.vault();
      throw new Error('Only a running program opens the vault to look; see Health in the console.');
    },
  };
  const doctor = createDoctor({
    ...{ at, redactor, logger: silentLogger },
    means: {
      async findings(signal) {
        const found: IntegrityFinding[] = [];
        for await (const finding of scanIntegrity({ dataDir, judgeFor: lineJudgeFor, ...(signal && { signal }) }))
          found.push(finding);
        return found;
      },
      quarantine: (findings) => quarantine(findings, { dataDir, now: clock.now() }),
      // Nobody has it open.
      releaseIndex: async () => undefined,
      sweep: async () => {
        const { engine } = await lookOnce();
        if (engine === undefined) return { removed: [], kept: [] };
        const plan = await cleanUp(engine).plan();
        const ids = plan.items.filter(({ kind, reason }) => kind === 'container' && reason === 'owner_gone');
        const done = await cleanUp(engine).apply({ ids: ids.map(({ id }) => id), savesWorkspaces: false });
        const names = new Map(ids.map(({ id, name }) => [id, name]));
        return {
          removed: done.outcomes.filter(({ ok }) => ok).map(({ id }) => id),
          kept: done.outcomes.flatMap((each) =>
            each.ok ? [] : [{ name: names.get(each.id) ?? each.id, reason: each.error }],
          ),
        };
      },
      async freeLock() {
        const taken = await acquireDataDirLock(dataDir, { instanceId: newId('instance'), clock });
        await taken.release();
      },
    },
  });
  async function close(): Promise<void> {
    await network.close();
    await tunnels.close();
  }
  return { doctor, dataDir, engine: at.engine, close };
}

import { newId } from '../lib/new-id.ts';
import { createWorkspaceFiles } from '../sandbox/files/workspace-files.ts';
import { createTerminals } from '../sandbox/terminal/terminals.ts';
import type { LiveRedactor } from '../secrets/redactor.ts';
import { createBackupWatch } from './backup-watch.ts';
import type { ConsoleCoreOptions } from './console-app.ts';
import type { ConsoleState } from './console-state.ts';
import type { AllRuns, ConsoleContext } from './context.ts';
import { createDiskWatch } from './disk-watch.ts';
import { createEngineWatch } from './engine-watch.ts';
import { createEventHub } from './live/event-hub.ts';
import { createLogBatches } from './live/log-batches.ts';
import { repeat } from './live/repeat.ts';
import { createStatsPoll } from './live/stats-poll.ts';
import { createNotices } from './notices/notices.ts';
import { createProblemWatch } from './problem-watch.ts';
import { createProcessMeter } from './process-use.ts';
import { createRunWatch } from './run-watch.ts';
import { followRunsElsewhere } from './runs-elsewhere.ts';
import { createSavedSearches } from './saved-searches.ts';
import { createUsageWatch } from './usage-history.ts';

const diskCheckMs = 60_000;
const imageCheckMs = 5000;

export interface ConsoleCore {
  context: ConsoleContext;
  dropStreams(): void;
  close(): Promise<void>;
}

/** Joins the managers with the event hub: whatever changes anywhere becomes one event for every client. */
export function createConsoleCore(options: ConsoleCoreOptions): ConsoleCore {
  const { server, sessions, sandboxes, secrets, config, logs, clock, version, dataDir, agents, models } = options;
  const logger = options.logger.child({ component: 'console' });
  const closing = new AbortController();
  let dropping = new AbortController();

  const hub = createEventHub({ epoch: newId('instance'), version, clock });
  const usage = createUsageWatch({ clock, logger, store: options.usageStore });
  const notices = createNotices(clock, hub.publish);
  const readProcess = createProcessMeter(clock);
  const disk = createDiskWatch(options.disk, clock, logger);
  const backup = createBackupWatch(options.dataCare?.backups.schedule, logger);
  const engine = createEngineWatch(
    sandboxes,
    () => config.current().sandbox.image,
    (status, image) => {
      hub.publish({ type: 'engine', engine: status, image });
      problems.check();
    },
  );
  const problems = createProblemWatch(
    () => ({
      server: server.state(),
      engine: sandboxes.engine(),
      image: engine.image(),
      vault: secrets.status(),
      secrets: secrets.list(),
      configFaults: config.faults(),
      models: models(),
      disk: disk.known(),
      backupProblem: backup.known()?.problem,
    }),
    (found) => {
      hub.publish({ type: 'problems', problems: found });
      notices.onProblems(found);
    },
    logger,
  );
  const runs = createRunWatch(server, (run) => {
    usage.count(run);
    hub.publish({ type: 'run', run });
    notices.onRun(run);
  });
  const elsewhere = followRunsElsewhere({
    ...{ server, clock, logger, signal: closing.signal },
    isWatched: () => hub.audience().streams > 0,
    onRun: (run) => {
      hub.publish({ type: 'run', run });
      notices.onRun(run);
    },
  });
  const allRuns: AllRuns = {
    list: () => [...runs.list(), ...elsewhere.list()].sort((a, b) => b.startedAt - a.startedAt),
    abort: async (runId) => runs.abort(runId) || (await elsewhere.abort(runId)),
    look: elsewhere.look,
  };
  const batches = createLogBatches(clock, hub.publish, closing.signal);
  const stats = createStatsPoll({ sandboxes, clock, logger, publish: hub.publish });

  const redactor: Partial<LiveRedactor> = secrets.redactor;
  const openFilter = redactor.stream;
  const terminals = createTerminals({ sandboxes, clock, ...(openFilter && { filter: openFilter }) });

  const closers = [
    terminals.close,
    runs.close,
    engine.close,
    server.subscribe((state) => {
      hub.publish({ type: 'server', state });
      problems.check();
    }),
    sandboxes.subscribe((change) => {
      if ('sandbox' in change) hub.publish({ type: 'sandbox', sandbox: change.sandbox });
    }),
    secrets.subscribe((secret) => {
      hub.publish({ type: 'secret', secret });
      problems.check();
    }),
    config.subscribe(() => {
      hub.publish({ type: 'settings' });
      problems.check();
    }),
    logs.subscribe(batches.add),
    hub.onAudience((audience) => stats.setListeners(audience.stats)),
  ];

  void repeat(clock, diskCheckMs, closing.signal, async () => {
    await disk.read();
    await backup.look();
    problems.check();
  });
  // Images are built and removed outside this program too; one that is there is looked at again on request only.
  void repeat(clock, imageCheckMs, closing.signal, async () => {
    const isWaited = hub.audience().streams > 0 && sandboxes.engine().state === 'connected';
    if (isWaited && engine.image().state !== 'present') await engine.refresh();
  });

  async function state(): Promise<ConsoleState> {
    void engine.refresh();
    // A database that is away must not hold up the rest; what is found comes as events.
    void allRuns.look();
    const space = await disk.read();
    return {
      version,
      dataDir,
      platform: process.platform,
      server: server.state(),
      runs: allRuns.list(),
      sandboxes: sandboxes.list(),
      engine: sandboxes.engine(),
      image: engine.image(),
      problems: problems.read(),
      vault: secrets.status(),
      notices: notices.list(),
      usageToday: usage.today(),
      disk: space,
      process: readProcess(),
      ...(options.firstRun && { firstRun: options.firstRun.state.read() }),
      epoch: hub.epoch,
    };
  }

  function dropStreams(): void {
    dropping.abort();
    dropping = new AbortController();
  }

  return {
    context: {
      ...{ server, sessions, sandboxes, secrets, tokens: options.tokens, config, logs, logger, clock, agents, models },
      ...{ hub, runs: allRuns, engine, terminals, workspaces: createWorkspaceFiles({ dataDir, sandboxes }), state },
      searches: createSavedSearches(dataDir),
      keeping: options.keeping,
      dataCare: options.dataCare,
      doctor: options.doctor,
      vitals: options.vitals,
      sizes: options.sizes,
      deploy: options.deploy,
      leakSweep: options.leakSweep,
      checklist: options.checklist,
      supportBundles: options.supportBundles,
      memory: options.memory,
      mcp: options.mcp,
      network: options.network,
      firstRun: options.firstRun,
      ...{ notices, usage, backup },
      dropSignal: () => dropping.signal,
    },
    dropStreams,
    async close() {
      closing.abort();
      for (const close of closers) close();
      stats.setListeners(0);
      hub.close();
      dropStreams();
      await usage.close();
    },
  };
}

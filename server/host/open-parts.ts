import { readFile } from 'node:fs/promises';
import { createFileKeeper } from '../agent/attached-files.ts';
import { createSessionMemo } from '../agent/memo/session-memo.ts';
import { modelFetch } from '../agent/model-fetch.ts';
import { listModels } from '../agent/model-menu.ts';
import { listProfiles } from '../agent/profiles.ts';
import { createRunManager } from '../agent/run-manager.ts';
import type { RunTap } from '../agent/runs.ts';
import { knowledgeContext, knowledgeTools } from '../agent/tools/knowledge/knowledge-tools.ts';
import { pastSessions } from '../agent/tools/past-sessions/search-sessions.ts';
import { createSkillTool, skillContext } from '../agent/tools/skills/skill-tool.ts';
import { memoryContext, memoryTap } from '../agent/user-memory/memory-context.ts';
import { createAgentApp } from '../app.ts';
import type { LogLine } from '../contract/logs.ts';
import { checkExposure } from '../http/exposure.ts';
import { listen } from '../http/listen.ts';
import { messageOf } from '../lib/app-error.ts';
import { systemClock } from '../lib/clock.ts';
import { createLifecycle } from '../lifecycle.ts';
import { createRuleKeeper } from '../permissions/keep-rules.ts';
import { createBrowsers } from '../sandbox/browser/browsers.ts';
import { createWorkspaceUploads } from '../sandbox/workspace-uploads.ts';
import { createKeyedQueue } from '../sessions/keyed-queue.ts';
import { createSkillManager } from '../skills/skill-manager.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import { agentTools } from './agent-tools.ts';
import { consoleOptions } from './console-options.ts';
import { openConsoleSocket } from './console-socket.ts';
import type { HostOptions } from './host-options.ts';
import { openBackups } from './open-backups.ts';
import { openChecklist } from './open-checklist.ts';
import { openDataCare } from './open-data-care.ts';
import { openDoctor } from './open-doctor.ts';
import { openExtensions } from './open-extensions.ts';
import { type Foundation, openFoundation } from './open-foundation.ts';
import { openKeeping } from './open-keeping.ts';
import { openKnowledge } from './open-knowledge.ts';
import { openLeakSweep } from './open-leak-sweep.ts';
import { openMcp, withMcpReadiness } from './open-mcp.ts';
import { openMeasures } from './open-measures.ts';
import { openMemory } from './open-memory.ts';
import { openSandboxes } from './open-sandboxes.ts';
import { openStorage } from './open-storage.ts';
import { openSubagents } from './open-subagents.ts';
import { openSupportBundles } from './open-support-bundles.ts';
import { createPower } from './power.ts';
import { createSinks } from './telemetry-sinks.ts';
import { startOnceUnlocked } from './undecided-sessions.ts';

type Sinks = ReturnType<typeof createSinks>;

export type OpenedParts = Omit<Awaited<ReturnType<typeof openParts>>, 'close'>;

/** Constructs what lives as long as the program, from the ground up. */
export async function openParts(options: HostOptions) {
  const sinks = createSinks(options.extensions?.sinks ?? [], systemClock);
  const echo = (line: LogLine) => {
    options.echo?.(line);
    sinks.echo(line);
  };
  const foundation = await openFoundation({ ...options, echo });
  sinks.reportTo(foundation.logger.child({ component: 'telemetry' }));
  try {
    return await openOn(foundation, options, sinks);
  } catch (error) {
    await foundation.close();
    throw error;
  }
}

async function openOn(foundation: Foundation, options: HostOptions, sinks: Sinks) {
  const { clock, config, dataDir, instanceId, logger, logs, network, secrets, tokens } = foundation;
  const storage = await openStorage(foundation);
  const { sessions, cluster, disk, workspaces, uploads } = storage;
  const skills = createSkillManager({ dataDir, logger: logger.child({ component: 'skills' }) });
  const onExec: Metrics['countExec'] = (exec) => metrics.countExec(exec);
  const sandboxes = await openSandboxes(foundation, options.resourcesDir, onExec, skills);
  const browsers = createBrowsers(clock);
  const memoQueue = createKeyedQueue();
  const agents = () =>
    listProfiles(config.current(), extensions.profiles).map(({ id, name, model }) => ({
      id,
      name,
      model: model ?? listModels(config.current(), secrets)[0]?.id ?? 'demo:demo',
    }));
  const metrics = createMetrics({
    clock,
    runs: () => lifecycle.parts()?.runs.list() ?? [],
    sandboxes: () => sandboxes.list(),
  });
  const subagents = openSubagents(foundation, storage, options.resourcesDir);
  const extensions = openExtensions(foundation, storage, metrics, {
    ...options.extensions,
    profiles: [...subagents.profiles, ...(options.extensions?.profiles ?? [])],
  });
  const workspaceUploads = createWorkspaceUploads({ dataDir, sandboxes });
  const keepFiles = createFileKeeper({
    dataDir,
    namesInWorkspace: workspaceUploads.names,
    describe: extensions.plugins.describeFiles,
    putIntoWorkspace: workspaceUploads.put,
    ...(sessions.addFiles && { addFiles: sessions.addFiles }),
  });
  const past = pastSessions({ sessions, settings: () => config.current().pastSessions });
  const knowledge = openKnowledge(foundation, options.version);
  const memory = openMemory(foundation, storage);
  const mcp = openMcp(foundation, options.version);
  const tools = [
    ...agentTools(foundation, storage, options.version, memoQueue, browsers),
    past.tool,
    ...knowledgeTools(knowledge),
    ...subagents.tools,
    createSkillTool({ skills, delegate: subagents.delegate }),
  ];
  let bound: { host: string; port: number } = config.current().server;
  const lifecycle = createLifecycle({
    ...{ config, secrets, sessions, sandboxes, clock, logger },
    plugins: withMcpReadiness(extensions.plugins, mcp.manager),
    createRuns() {
      const runs = createRunManager({
        config: () => config.current(),
        modelFetch: modelFetch(network.fetch, { clock, idleTimeoutMs: () => config.current().llm.idleTimeoutMs }),
        secrets,
        redactor: secrets.redactor,
        sessions,
        cluster,
        sandboxes,
        context: sessions,
        memo: createSessionMemo({ store: sessions, queue: memoQueue, redact: secrets.redactor.redact, logger }),
        subagents: subagents.files,
        tools: async (scope) => extensions.toolsBeside([...tools, ...(await mcp.tools.toolsFor(scope))]),
        ...extensions.forRuns,
        modelNames: () => listModels(config.current(), secrets).flatMap(({ id, available }) => (available ? [id] : [])),
        contextProviders: () => [
          ...extensions.contextProviders(),
          knowledgeContext(knowledge),
          skillContext(skills),
          past.context,
          memoryContext(memory),
          mcp.tools.context,
        ],
        readFile: (path) => readFile(path, 'utf8'),
        logger,
        clock,
        tap: joinTaps(metrics.followRun, memoryTap(memory), past.tap, sinks.tap),
        keepRules: createRuleKeeper(config),
        keepFiles,
      });
      cluster.serve(runs);
      return runs;
    },
    createApp: (edge, { runs, readiness }) =>
      createAgentApp({
        keeping: keeping.keeping,
        memory,
        ...{
          edge,
          runs,
          readiness,
          sessions,
          workspaces,
          browsers,
          uploads,
          agents,
          tokens,
          metrics,
          logger,
          clock,
          knowledge,
          skills,
          mcp: mcp.manager,
        },
        config: () => config.current(),
        token: () => secrets.get('UI_SECRET_TOKEN', 'server')?.value,
        bindAddress: () => bound,
        pluginRoutes: extensions.plugins.routes,
        beforeSessionDelete: async ({ tenantId, sessionId }) => {
          const owned = sandboxes.list().filter((box) => box.tenantId === tenantId && box.sessionId === sessionId);
          for (const { id } of owned) await sandboxes.destroy(id);
          await subagents.files.remove({ tenantId, sessionId });
        },
      }).fetch,
    async listen(fetch, at) {
      if (options.listen) return options.listen(fetch, at);
      checkExposure({ host: at.host, token: secrets.get('UI_SECRET_TOKEN')?.value });
      const listener = await listen({ fetch }, { ...at, logger });
      bound = { host: at.host, port: listener.port };
      return listener;
    },
  });

  const resumed = options.isCommand ? undefined : knowledge.resume();
  resumed?.catch((error: unknown) => logger.error(`Documents that wait were not taken up: ${messageOf(error)}`));
  const keeping = openKeeping(foundation, { sessions, cluster, sandboxes, runs: () => lifecycle.parts()?.runs });
  const backups = openBackups(foundation, options.version);
  const dataCare = openDataCare(foundation, {
    ...{ backups: backups.backups, sessions, disk },
    runs: () => lifecycle.parts()?.runs,
  });
  const measures = openMeasures(foundation, disk, options.isCommand);
  const leakSweep = openLeakSweep(foundation, {
    ...{ backups: backups.backups, sessions, sandboxes },
    runs: () => lifecycle.parts()?.runs,
  });

  const doctor = openDoctor(foundation, {
    ...{ dataCare, sessions, sandboxes },
    ownAddress: () => lifecycle.state().address,
  });
  if (options.isCommand) await Promise.all([keeping.close(), backups.close()]);
  const checklist = openChecklist(foundation, {
    ...{ version: options.version, resourcesDir: options.resourcesDir },
    ...{ server: lifecycle, sessions, sandboxes, backups: backups.backups, cluster },
    ...(options.updates && { updates: options.updates }),
    lastLeakSweep: () => leakSweep.summary(),
  });

  const supportBundles = openSupportBundles(foundation, {
    ...{ version: options.version, doctor, sessions, sandboxes },
    server: () => ({ state: lifecycle.state(), readiness: lifecycle.parts()?.readiness() }),
  });

  lifecycle.subscribe(({ phase }) => mcp.follow(phase));
  const stopWaiting = startOnceUnlocked({ lifecycle, secrets, logger });
  lifecycle.subscribe(({ phase }) => sandboxes.keepWarm(phase === 'ready' || phase === 'degraded'));

  const power = createPower({ ...{ sandboxes, logger, clock }, flush: () => logs.flush() });
  let closing: Promise<void> | undefined;
  type Before = () => void | Promise<void>;
  async function closeOnce(mode: 'drain' | 'now', tell: (step: string) => void, before?: Before) {
    tell('Ending runs and destroying sandboxes');
    stopWaiting();
    await checklist.close();
    await measures.close();
    await backups.close();
    await keeping.close();
    await lifecycle.stop(mode);
    await before?.();
    await socket?.close();
    await mcp.manager.close();
    await sandboxes.close();
    tell('Writing sessions and logs');
    await memory.close();
    await knowledge.close();
    await storage.close();
    metrics.close();
    await sinks.close();
    logger.info('The program ends.', { instanceId });
    await foundation.close();
  }
  const parts = {
    ...{ dataDir, config, network, secrets, tokens, logger, logs, sessions, sandboxes, disk, agents, lifecycle },
    home: foundation.environment.home,
    keeping: keeping.keeping,
    dataCare,
    ...measures.measured,
    /** As the scheduled one, without secrets. */
    backUp: async (signal: AbortSignal) => {
      const { workspaces } = config.current().backup;
      await backups.backups.create({ workspaces, secrets: false }, { signal });
    },
    doctor,
    leakSweep,
    checklist: checklist.checklist,
    supportBundles,
    memory,
    mcp: mcp.manager,
    power,
    /** Runs that a shutdown still waits for end now. */
    hurry: () => void lifecycle.parts()?.runs.drain(0),
  };
  const socket = options.isCommand
    ? undefined
    : await openConsoleSocket(foundation, () => consoleOptions(parts, options.version), options.onEndAsked);
  return {
    ...parts,
    close(mode: 'drain' | 'now', onProgress: (step: string) => void = () => undefined, before?: Before) {
      closing ??= closeOnce(mode, onProgress, before);
      return closing;
    },
  };
}

function joinTaps(...taps: RunTap[]): RunTap {
  return (run) => {
    const followers = taps.map((tap) => tap(run));
    return (event) => {
      for (const follow of followers) follow(event);
    };
  };
}

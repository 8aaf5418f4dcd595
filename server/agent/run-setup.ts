import type { ChatRequest } from '../contract/chat.ts';
import type { Config } from '../contract/config.ts';
import type { RunEvent } from '../contract/events.ts';
import type { SessionKey } from '../contract/ids.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { createPolicy } from '../permissions/policy.ts';
import type { SandboxManager } from '../sandbox/sandbox.ts';
import type { LiveRedactor } from '../secrets/redactor.ts';
import type { SecretSource } from '../secrets/secret-source.ts';
import type { SecretsManager } from '../secrets/secrets-manager.ts';
import type { BegunSession, SessionStore } from '../sessions/store.ts';
import type { LogContext, Logger } from '../telemetry/logger.ts';
import { fallbackModels } from './call-model-fallback.ts';
import { type ContextKeeper, wholeContext } from './compaction/context-keeper.ts';
import type { ContextStore } from './compaction/context-store.ts';
import { createKeepWhole } from './compaction/keep-whole.ts';
import { createRunContext, type RunContextOptions } from './compaction/run-context.ts';
import type { Summarizer } from './compaction/summarize.ts';
import { type ContextProvider, gatherContext } from './context-providers.ts';
import { createDeltaPace } from './delta-pace.ts';
import { createDemoModel } from './demo-model.ts';
import type { Grants } from './grants.ts';
import { createKeyReport } from './key-report.ts';
import type { SessionMemo } from './memo/session-memo.ts';
import { type ModelHandle, type ModelSources, resolveModel } from './model.ts';
import { offeredTools, recallFrom } from './offered-tools.ts';
import { createOpenedModels } from './opened-models.ts';
import { createPermissionCheck } from './permission-check.ts';
import {
  defaultAgentId,
  findProfile,
  joinPermissions,
  listProfiles,
  type Profile,
  type ProfileResolver,
  profileFor,
  resolveProfile,
} from './profiles.ts';
import { type LoopParts, type PrepareScope, titleOf } from './run.ts';
import type { RunHooks } from './run-hooks.ts';
import { runTool, type ToolScope } from './run-tool.ts';
import type { RunExtras } from './runs.ts';
import { chosenModel } from './session-desk.ts';
import type { AgentFiles } from './subagents/agent-files.ts';
import { echoProfile } from './subagents/echo-profile.ts';
import { createPlaces, type Place, type RunWorker } from './subagents/place.ts';
import type { TeamOptions } from './subagents/team.ts';
import { systemPrompt } from './system-prompt.ts';
import { createToolSpecs } from './tool-specs.ts';
import type { Tool } from './tools/tool.ts';
import { askInRoom } from './waiting-room.ts';

/** Whom tools are wanted for. */
export interface ToolsScope {
  key: SessionKey;
  runId: string;
  profile: Profile;
  signal: AbortSignal;
}

/** The tools there are; asked as each run begins, so they may come and go while the server runs. Must not throw. */
export type ToolSource = (scope: ToolsScope) => readonly Tool[] | Promise<readonly Tool[]>;

export interface RunSetupOptions {
  config(): Config;
  secrets: SecretSource & Pick<SecretsManager, 'report'>;
  redactor: LiveRedactor;
  sessions: SessionStore;
  /** Absent: tools that need a sandbox fail and say so. */
  sandboxes?: SandboxManager;
  tools: ToolSource;
  /** Agents that were made in code; those of the settings are beside them. */
  profiles?: readonly Profile[];
  /** Finds who answers a request; its agentId counts when it finds nobody. */
  resolveProfile?: ProfileResolver;
  /** Tell every agent something; asked as each run begins. Absent: nobody does. */
  contextProviders?(): readonly ContextProvider[];
  /** Looks at tool calls. Absent: nobody does. */
  hooks?: RunHooks;
  /** Keeps the agents that agents call in. Absent: none can be called in. */
  subagents?: AgentFiles;
  /** Reads a profile's prompt files. */
  readFile(path: string): Promise<string>;
  logger: Logger;
  clock: Clock;
  /** Keeps conversations within what models can read. Absent: they are sent whole. */
  context?: ContextStore;
  /** Shows the session's documents in its sandbox. Absent: they are not there. */
  memo?: SessionMemo;
  /** Writes the summaries of shortened conversations in the place of the run's own model. */
  summarize?: Summarizer;
  /** Replaces the network of model calls in tests. */
  modelFetch?: typeof fetch;
}

/** A run that is about to work. */
export interface RunScope extends ToolsScope, PrepareScope {
  request: ChatRequest;
  model: ModelHandle;
  extras: RunExtras;
  /** Absent: the run's own agent works. */
  worker?: RunWorker;
}

export interface Choice {
  profile: Profile;
  model: ModelHandle;
  session: BegunSession;
}

export interface RunSetup {
  /** Session, profile and model: everything that can be refused before the run exists. */
  choose(request: ChatRequest, key: SessionKey): Promise<Choice>;
  /** Prompt, tools, permissions and context of a run that has its signal and its voice. */
  prepare(scope: RunScope): Promise<LoopParts>;
  /** What an answer in the place of the model needs: a session, and a name and measure for the run. */
  chooseForAnswer(request: ChatRequest, key: SessionKey, by: string): Promise<Choice>;
  /** The model that the session's next message goes to, unless it names one. */
  modelOf(request: ChatRequest, key: SessionKey): Promise<ModelHandle>;
  /** Throws AppError for a model that cannot be asked. */
  checkModel(model: string): void;
  /** The context that a run of this agent would have, for shortening its session without one. */
  contextFor(
    key: SessionKey,
    agentId: string,
    signal: AbortSignal,
    emit: (event: RunEvent) => void,
  ): { context: ContextKeeper; model: string };
}

/** Finds out what a run works with. */
export function createRunSetup(options: RunSetupOptions, grants: Grants): RunSetup {
  const { clock, sessions } = options;
  const redact = (text: string) => options.redactor.redact(text);
  const redactStream = () => options.redactor.stream();
  const pace = createDeltaPace();

  const specsOf = createToolSpecs();
  const modelSources: ModelSources = {
    config: options.config,
    secrets: options.secrets,
    demo: () => createDemoModel((ms, signal) => clock.sleep(ms, signal)),
    ...(options.modelFetch ? { fetch: options.modelFetch } : {}),
    opened: createOpenedModels(),
  };

  async function choose(request: ChatRequest, key: SessionKey): Promise<Choice> {
    const profile = await profileOf(request, key);
    const model = await modelFor(profile, request, key);
    return { profile, model, session: await beginSession(request, key, profile) };
  }

  async function beginSession(request: ChatRequest, key: SessionKey, profile: Profile): Promise<BegunSession> {
    const init = { agentId: profile.id, title: titleOf(request.message) };
    if (sessions.begin) return sessions.begin(key, init);
    await sessions.getOrCreate(key, init);
    return { isNew: false, stored: Promise.resolve() };
  }

  async function modelFor(profile: Profile, request: ChatRequest, key: SessionKey): Promise<ModelHandle> {
    const chosen = request.model ?? (request.sessionId && (await chosenModel(options.context, key)));
    return resolveModel(chosen || profile.model, modelSources);
  }

  /** The usual model may be what the person is about to put right: it is not asked for. */
  async function chooseForAnswer(request: ChatRequest, key: SessionKey, by: string): Promise<Choice> {
    const profile = await profileOf(request, key);
    const session = await beginSession(request, key, profile);
    return { profile, model: { ...resolveModel('demo', modelSources), name: `plugin:${by}` }, session };
  }

  async function profileOf(request: ChatRequest, key: SessionKey): Promise<Profile> {
    const found = await resolveProfile(options.resolveProfile, request, key);
    if (typeof found === 'object') return profileFor(found, request, key);
    const agentId = found ?? request.agentId ?? (request.sessionId && (await agentOf(key))) ?? defaultAgentId;
    return profileFor(findProfile(profiles(), agentId), request, key);
  }

  function profiles(): Profile[] {
    return listProfiles(options.config(), options.profiles);
  }

  /** Who answered in this session before. */
  async function agentOf(key: SessionKey): Promise<string | undefined> {
    try {
      return (await sessions.get(key)).agentId;
    } catch (error) {
      if (error instanceof AppError && error.code === 'session_not_found') return undefined;
      throw error;
    }
  }

  const placeOf = createPlaces({
    ...{ files: options.subagents, config: options.config, context: options.context, redact, clock },
    logger: options.logger,
    prepare: (scope) => prepare(scope),
    resolve: resolveWorker,
  });

  /** Who works on what an agent hands on. */
  async function resolveWorker({ key, request }: RunScope, ...[wish, above]: Parameters<TeamOptions['resolve']>) {
    const { profile: agentId = defaultAgentId, model, task: message } = wish;
    const { tenantId, userId } = request;
    const found = findProfile([...profiles(), echoProfile], agentId);
    const profile = await profileFor(found, { message, tenantId, userId, agentId }, key);
    return { profile, model: resolveModel(model ?? profile.model ?? above.model.name, modelSources) };
  }

  async function prepare(scope: RunScope): Promise<LoopParts> {
    const { key, profile, model, extras, signal, emit, runId, request, stored } = scope;
    const about = { runId, sessionId: key.sessionId, tenantId: key.tenantId };
    const logger = options.logger.child({ ...about, component: 'tool' });
    const [place, common] = await Promise.all([placeOf(scope), options.tools(scope)]);
    const tools = place.narrow(offeredTools(common, profile, logger));
    // Asked for at once: later it would wait behind what is being stored.
    let remembered: Promise<string[]> | undefined = recallFrom(tools, key, logger);
    const recall = () => {
      const first = remembered;
      remembered = undefined;
      return first ?? recallFrom(tools, key, logger);
    };
    const toolScope = toolScopeOf(scope, tools, logger, place);
    const prompt = await systemPrompt({
      ...{ profile, tools, now: clock.now(), readFile: options.readFile },
      scope: { ...key, agentId: profile.id, message: request.message },
    });
    const aside = [await asideFor(scope, logger), place.notice].filter(Boolean).join('\n\n') || undefined;
    const parts = {
      system: [prompt, extras.system].filter(Boolean).join('\n\n'),
      ...specsOf(tools),
      settings: { ...options.config().llm, ...extras.settings },
      redact,
      redactStream,
      pace,
      ...askedModels(model, about),
    };
    const heard = [parts.system, aside].filter(Boolean).join('\n\n');
    const keeper = contextOf(
      { key, model, signal, emit, recall, stored, answer: parts.settings, ...parts, system: heard },
      place.store,
    );
    return {
      ...parts,
      aside,
      runTool: (call) => runTool(call, toolScope, signal, emit),
      maxTurns: profile.maxTurns,
      context: place.counting(keeper.context ?? wholeContext),
      ...(place.finish && { finish: place.finish }),
    };
  }

  /** What the model is told beside the conversation. */
  async function asideFor({ key, runId, profile, request, signal }: RunScope, logger: Logger) {
    const providers = [...(options.contextProviders?.() ?? []), ...(profile.contextProviders ?? [])];
    const scope = { ...key, runId, agentId: profile.id, message: request.message, signal };
    const text = await gatherContext(providers, scope, { clock, logger });
    return text === undefined ? undefined : redact(text);
  }

  function toolScopeOf(
    { key, runId, profile, room, emit, signal }: RunScope,
    tools: Tool[],
    logger: Logger,
    { desk, ceilings, callId }: Place,
  ): ToolScope {
    const policies = () => [profile, ...ceilings].map((each) => policyOf(each, key));
    const keepWhole = options.context && createKeepWhole(options.context, key, logger);
    return {
      permit: createPermissionCheck({ policies, room, emit, redact, logger }),
      ask: askInRoom(room, emit),
      ...key,
      runId,
      tools: new Map(tools.map((tool) => [tool.name, tool])),
      sandbox: () => acquireSandbox(key, profile.id, signal),
      redact,
      logger,
      clock,
      ...(options.hooks ? { hooks: options.hooks } : {}),
      ...(keepWhole ? { keepWhole: (id, output) => keepWhole(callId(id), output) } : {}),
      ...(desk ? { agents: desk } : {}),
    };
  }

  /** As the settings are now. */
  function policyOf(profile: Profile, key: SessionKey) {
    const { permissions, agents } = options.config();
    const agent = Object.hasOwn(agents, profile.id) ? agents[profile.id]?.permissions : undefined;
    return createPolicy(permissions, joinPermissions(profile.permissions, agent), grants.of(key));
  }

  /** Who answers when the chosen model cannot, and who hears of keys. */
  function askedModels(model: ModelHandle, about: LogContext) {
    const logger = options.logger.child({ ...about, component: 'provider' });
    return {
      fallbacks: fallbackModels(model, modelSources, logger),
      onAnswer: createKeyReport(options.secrets, logger, clock),
    };
  }

  function contextOf(
    scope: Omit<RunContextOptions, 'store' | 'settings' | 'clock' | 'logger' | 'summarize'>,
    store = options.context,
  ): Pick<LoopParts, 'context'> {
    if (!store) return {};
    const { tenantId, sessionId } = scope.key;
    const context = createRunContext({
      ...scope,
      store,
      settings: options.config().compaction,
      summarize: options.summarize,
      clock,
      logger: options.logger.child({ tenantId, sessionId, component: 'context' }),
    });
    return { context };
  }

  async function acquireSandbox(key: SessionKey, agentId: string, signal: AbortSignal) {
    const { tenantId, sessionId } = key;
    if (options.sandboxes) {
      const sandbox = await options.sandboxes.acquire({ tenantId, sessionId, agentId }, signal);
      return options.memo ? options.memo.bring(key, sandbox) : sandbox;
    }
    throw new AppError('sandbox_unavailable', 'There is no sandbox: this server was started without Docker.', {
      status: 503,
    });
  }

  return {
    choose,
    chooseForAnswer,
    prepare,
    modelOf: async (request, key) => modelFor(await profileOf(request, key), request, key),
    checkModel: (model) => void resolveModel(model, modelSources),
    contextFor(key, agentId, signal, emit) {
      const profile = profiles().find(({ id }) => id === agentId);
      const model = resolveModel(profile?.model, modelSources);
      const { tenantId, sessionId } = key;
      const { context = wholeContext } = contextOf({
        ...{ key, model, signal, emit, answer: options.config().llm, redact, redactStream },
        ...askedModels(model, { tenantId, sessionId }),
        ...{ system: '', toolTokens: 0, recall: async () => [] },
      });
      return { context, model: model.name };
    },
  };
}

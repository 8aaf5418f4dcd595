import type { ChatRequest, RunInfo } from '../contract/chat.ts';
import type { SessionKey } from '../contract/ids.ts';
import type { UserMessage } from '../contract/messages.ts';
import { AppError } from '../lib/app-error.ts';
import { newId } from '../lib/new-id.ts';
import { createTurnstile } from '../lib/turnstile.ts';
import { answerInstead } from './answered-run.ts';
import { fileOf } from './attached-files.ts';
import { alone, type Cluster } from './cluster/cluster.ts';
import { createSessionCompactions } from './compaction/session-compactions.ts';
import { createGrants } from './grants.ts';
import { createResponder } from './responder.ts';
import { type Run, type RunOptions, startRun } from './run.ts';
import { type Intercepted, noHooks } from './run-hooks.ts';
import { type Choice, createRunSetup, type RunSetupOptions } from './run-setup.ts';
import { createRunShelf } from './run-shelf.ts';
import type { IncomingFile, RunExtras, RunManager, RunTap } from './runs.ts';
import { createSessionClaims } from './session-claims.ts';
import { chosenModel, keepChosenModel, type SessionDesk, startOver } from './session-desk.ts';

export interface RunManagerOptions extends RunSetupOptions {
  /** Keeps the files of a message and makes the message that tells the model of them. Absent: files are refused. */
  keepFiles?(key: SessionKey, message: string, files: readonly IncomingFile[]): Promise<UserMessage['content']>;
  /** Adds allow rules to the settings for good. Absent: rules last for a session at most. */
  keepRules?(rules: readonly string[]): Promise<void>;
  tap?: RunTap;
  /** The other instances on the same store. Absent: there are none. */
  cluster?: Cluster;
  /** Names of the models that can be asked now, for people who choose one in a conversation. */
  modelNames?(): string[];
}

interface Beginning extends Choice {
  request: ChatRequest;
  extras: RunExtras;
  key: SessionKey;
  runId: string;
  /** Gives the session free for its next run. */
  release(): Promise<void>;
  answer?: Intercepted['answer'];
}

const bufferBytes = 4 * 1024 * 1024;
/** Between the start of a run and its first reader lies only our own code. */
const firstReaderMs = 5_000;

/** Each takes about two milliseconds until its model is asked. */
const beginningsPerTurn = 2;

/** Runs live here: one per session, a bounded number at once, all of them ended by `drain`. */
export function createRunManager(options: RunManagerOptions): RunManager {
  const { clock, sessions, hooks = noHooks, cluster = alone } = options;
  const running = new Map<string, Run>();
  const beginnings = createTurnstile(beginningsPerTurn);
  const { claim, begun, hold } = createSessionClaims({
    ...{ sessions, cluster, clock },
    mostRuns: () => options.config().server.maxConcurrentRuns,
    end(runId, reason) {
      running.get(runId)?.abort(reason);
      compactions.abort(sessionDeleted(), runId);
    },
    isOver: (runId) => running.get(runId)?.done,
  });
  const shelf = createRunShelf(clock);
  const listeners = new Set<(run: RunInfo) => void>();
  const grants = createGrants();
  const setup = createRunSetup(options, grants);
  let isDraining = false;

  async function start(request: ChatRequest, extras: RunExtras = {}): Promise<Run> {
    if (isDraining) throw drainingError();
    const key = keyOf(request);
    const runId = newId('run');
    const { request: wanted, answer } = await hooks.intercept(request, { ...key, runId });
    if (isDraining) throw drainingError();
    // Whose session it is stays as the door let it in.
    return launch({ request: { ...request, ...wanted, ...ownerOf(request) }, extras, key, runId, answer });
  }

  /** Without the interceptors: for words that answer a question. */
  async function resume(request: ChatRequest): Promise<Run> {
    if (isDraining) throw drainingError();
    return launch({ request, extras: {}, key: keyOf(request), runId: newId('run') });
  }

  async function launch(wanted: Omit<Beginning, keyof Choice | 'release'>): Promise<Run> {
    const { request, key, runId, answer } = wanted;
    await beginnings.pass();
    const release = await claim(key, runId);
    try {
      const chosen = answer ? setup.chooseForAnswer(request, key, answer.by) : setup.choose(request, key);
      const choice = await chosen;
      if (isDraining) throw drainingError();
      return begin({ ...wanted, ...choice, release });
    } catch (error) {
      await release();
      throw error;
    }
  }

  function begin({ request, extras, key, runId, profile, model, session, release, answer }: Beginning): Run {
    const { deadlineMs, historyTokens } = options.config().runs;
    const about = { runId, sessionId: key.sessionId, tenantId: key.tenantId };
    const run = startRun({
      mirror: cluster.mirror,
      runId,
      key,
      agentId: profile.id,
      request,
      ...(extras.history && { history: extras.history }),
      ...(answer ? insteadOf(answer, request, key) : openingOf(request, extras, key)),
      follower: hooks.follow({ ...key, runId, agentId: profile.id, model: model.name }, request),
      tap: options.tap,
      model,
      session,
      sessions,
      historyTokens,
      clock,
      logger: options.logger.child({ ...about, component: 'run' }),
      bufferBytes,
      deadlineMs,
      graceMs: () => options.config().runs.disconnectGraceMs,
      firstReaderMs,
      redact: (text) => options.redactor.redact(text),
      prepare: (scope) => setup.prepare({ key, runId, request, profile, model, extras, ...scope }),
      onSettled: release,
      onChange: tell,
    });
    running.set(runId, run);
    begun(key, runId);
    run.done.then(() => {
      running.delete(runId);
      shelf.put(run);
    });
    return run;
  }

  function insteadOf({ by, reply }: NonNullable<Intercepted['answer']>, request: ChatRequest, key: SessionKey) {
    const redact = (text: string) => options.redactor.redact(text);
    const instead: RunOptions['instead'] = (signal, emit) =>
      answerInstead({ by, reply, desk: deskOf(request, key, signal), clock, redact, signal, emit });
    return { instead };
  }

  /** For a plugin that answers while it holds the session. */
  function deskOf(request: ChatRequest, key: SessionKey, signal: AbortSignal): SessionDesk {
    const store = () => options.context ?? refuseWithoutStore();
    return {
      compact: () => heldCompactions.compact(key, signal),
      startOver: async () => startOver(store(), key),
      async model() {
        const { model: _, ...ownModel } = request;
        const chosen = await chosenModel(options.context, key);
        return { current: (await setup.modelOf(ownModel, key)).name, ...(chosen && { chosen }) };
      },
      async chooseModel(model) {
        if (model !== undefined) setup.checkModel(model);
        await keepChosenModel(store(), key, model);
      },
      models: () => options.modelNames?.() ?? [],
    };
  }

  function openingOf(
    { message, attachments = [] }: ChatRequest,
    { files: streamed = [] }: RunExtras,
    key: SessionKey,
  ): Pick<RunOptions, 'opening'> {
    const { keepFiles } = options;
    const files = [...streamed, ...attachments.map(fileOf)];
    if (files.length === 0) return {};
    if (keepFiles) return { opening: () => keepFiles(key, message, files) };
    throw new AppError('attachments_unsupported', 'This server keeps no attached files.', { status: 400 });
  }

  function runOf({ tenantId, userId, sessionId }: SessionKey): Run | undefined {
    return [...running.values()].find(
      ({ key, info }) =>
        key.sessionId === sessionId &&
        key.tenantId === tenantId &&
        key.userId === userId &&
        // One that is over may still be told to its followers while the next one goes on.
        info().status === 'running',
    );
  }

  const compactions = createSessionCompactions({ sessions, claim, open: setup.contextFor });
  /** For those who hold the session already. */
  const heldCompactions = createSessionCompactions({
    ...{ sessions, open: setup.contextFor },
    claim: async () => () => undefined,
  });

  const respondHere = createResponder({ runOf, sessions, start: resume, grants, keepRules: options.keepRules });

  function tell(info: RunInfo): void {
    for (const listener of listeners) listener(info);
  }

  return {
    start,
    elsewhere: cluster,
    async respond(key, answer) {
      const answered = runOf(key) ? undefined : await cluster.respond(key, answer);
      return answered ?? respondHere(key, answer);
    },
    hold,
    async compact(key) {
      if (isDraining) throw drainingError();
      return compactions.compact(key);
    },
    get: (runId) => running.get(runId) ?? shelf.get(runId),
    list: () => [...Array.from(running.values(), (run) => run.info()), ...shelf.infos()].sort(newestFirst),
    putAside: (runId) => running.get(runId)?.putAside(),
    abort(runId, reason) {
      running.get(runId)?.abort(reason);
      // Another instance that wants the session knows only what holds it, which may be a compaction.
      compactions.abort(
        new AppError('aborted', `The session was wanted for something else: ${reason}.`, { status: 409 }),
        runId,
      );
      return running.has(runId) || shelf.has(runId);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async drain(drainMs) {
      isDraining = true;
      for (const run of running.values()) run.putAside();
      const ended = Promise.all([...Array.from(running.values(), (run) => run.done), compactions.idle()]);
      const waiting = new AbortController();
      // Rejects when the runs were faster than the clock.
      await Promise.race([ended, clock.sleep(drainMs, waiting.signal).catch(() => undefined)]);
      waiting.abort();
      for (const run of running.values()) {
        // One that began to ask meanwhile keeps its question.
        run.putAside();
        run.abort('the server is stopping');
      }
      compactions.abort(drainingError());
      await Promise.all(Array.from(running.values(), (run) => run.done));
      await compactions.idle();
    },
  };
}

function ownerOf({ tenantId, userId, sessionId }: ChatRequest) {
  return { tenantId, userId, ...(sessionId !== undefined && { sessionId }) };
}

function refuseWithoutStore(): never {
  throw new AppError('not_supported', 'This server keeps nothing of a session beside its messages.', { status: 400 });
}

function keyOf(request: ChatRequest): SessionKey {
  const { tenantId, userId, sessionId = newId('session') } = request;
  return { tenantId, userId, sessionId };
}

function newestFirst(a: RunInfo, b: RunInfo): number {
  return b.startedAt - a.startedAt || (a.runId < b.runId ? 1 : -1);
}

function sessionDeleted(): AppError {
  return new AppError('session_not_found', 'The session was deleted meanwhile.', { status: 404 });
}

function drainingError(): AppError {
  return new AppError('draining', 'The server is stopping and takes no new messages. Try again when it is back.', {
    status: 503,
  });
}

import type { ChatRequest, RunInfo } from '../contract/chat.ts';
import type { NumberedEvent, RunEvent, RunUsage } from '../contract/events.ts';
import type { SessionKey } from '../contract/ids.ts';
import type { AssistantMessage, Message, ToolCallBlock, ToolResultMessage, UserMessage } from '../contract/messages.ts';
import type { PendingRequest } from '../contract/permissions.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { BegunSession, SessionStore } from '../sessions/store.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { EventMirror } from './cluster/cluster.ts';
import { mirrored } from './cluster/mirrored.ts';
import { createEventLog } from './event-log.ts';
import { followEvent } from './follow-event.ts';
import { createKeptAnswers } from './kept-answers.ts';
import { type HistoryStore, loadHistory } from './load-history.ts';
import { asFault, type FinishedTurn, type LoopEnd, type LoopInput, runLoop } from './loop.ts';
import type { ModelHandle } from './model.ts';
import { answerOutput, openQuestions, questionsOf } from './open-questions.ts';
import { noFollower, type RunFollower, type RunOutcome } from './run-hooks.ts';
import { addUsage, noUsage } from './run-usage.ts';
import type { RunExtras, RunHandle, RunTap } from './runs.ts';
import { createStoring } from './storing.ts';
import { createRunAgents } from './subagents/run-agents.ts';
import { createWaitingRoom, PutAside, type WaitingRoom } from './waiting-room.ts';

/** What the loop needs beyond the run itself. Made once the run has its signal and its voice. */
export type LoopParts = Pick<
  LoopInput,
  | 'system'
  | 'aside'
  | 'toolSpecs'
  | 'runTool'
  | 'maxTurns'
  | 'settings'
  | 'redact'
  | 'redactStream'
  | 'pace'
  | 'onAnswer'
  | 'fallbacks'
  | 'context'
> & {
  /** Ends what the run's agent called in; tells what that used and no turn counted. Never rejects. */
  finish?(): Promise<RunUsage>;
};

/** What a run hands to those who prepare it. */
export interface PrepareScope {
  signal: AbortSignal;
  emit(event: RunEvent): void;
  room: WaitingRoom;
  /** Rejects when what the run stands on could not be stored. Absent: nothing is on its way. */
  stored?(): Promise<unknown>;
  /** The answer of a person to this call is stored where it belongs. */
  kept?(toolCallId: string): void;
}

export interface RunOptions {
  runId: string;
  key: SessionKey;
  agentId: string;
  request: Pick<ChatRequest, 'message'>;
  history?: RunExtras['history'];
  /** Makes the message of the person, when it is more than the request's text. */
  opening?(signal: AbortSignal): Promise<UserMessage['content']>;
  tap?: RunTap | undefined;
  model: ModelHandle;
  session: BegunSession;
  sessions: SessionStore & HistoryStore;
  /** Of what was said before, at most; absent: what the model can read. */
  historyTokens?: number | undefined;
  clock: Clock;
  logger: Logger;
  /** Of the events kept for readers, in bytes. */
  bufferBytes: number;
  deadlineMs: number;
  /** How long the run goes on without a reader; -1: to its end. Read each time the last reader leaves. */
  graceMs(): number;
  /** How long the first reader may take to arrive. */
  firstReaderMs: number;
  redact(text: string): string;
  prepare(scope: PrepareScope): Promise<LoopParts>;
  /** Does the run's work in the place of the model. */
  instead?(signal: AbortSignal, emit: (event: RunEvent) => void): Promise<LoopEnd>;
  /** Absent: nobody follows. */
  follower?: RunFollower;
  /** Also hears what readers are told. Must not throw. */
  mirror?(run: RunInfo): EventMirror | undefined;
  /** Everything is stored; the last events are about to be told. The session may take its next message. */
  onSettled(): void | Promise<void>;
  /** Told on each change of `info`. Must not throw. */
  onChange(info: RunInfo): void;
}

export interface Run extends RunHandle {
  readonly key: SessionKey;
  abort(reason: string): void;
  /** Ends the run if it waits for answers to questions and for no other leave; they stay open. */
  putAside(): void;
  take: WaitingRoom['take'];
  /** As KeptAnswers.wait. */
  kept(toolCallId: string): Promise<void>;
}

/** The longest that a timer of Node can wait. */
const longestTimerMs = 2_147_483_647;

/** Starts one run: it goes on by itself until `done`. Exactly one `session.end`, then `context_usage`, whatever happens. */
export function startRun(options: RunOptions): Run {
  const { runId, key, clock, logger, sessions, model, historyTokens, follower = noFollower } = options;
  const aborting = new AbortController();
  const over = new AbortController();
  const info: RunInfo = {
    runId,
    ...key,
    agentId: options.agentId,
    model: model.name,
    title: titleOf(options.request.message),
    status: 'running',
    turn: 0,
    activity: 'model',
    startedAt: clock.now(),
    usage: noUsage(),
  };
  const startedAt = clock.monotonic();
  const durationMs = (): number => Math.round(clock.monotonic() - startedAt);
  let leaving: AbortController | undefined;
  let isAlone = false;
  let storedEarly: AssistantMessage | undefined;
  const storedResults = new Set<ToolResultMessage>();
  /** The model is asked meanwhile; when the disk refuses, for nothing. */
  const storing = createStoring(options.session.stored, (error) => aborting.abort(error));
  const answers = createKeptAnswers();
  const agents = createRunAgents({ sessions, key, runId, model: model.name, logger });
  const room = createWaitingRoom(onWaiting);
  const tap = options.tap?.(info);
  const log = mirrored(
    createEventLog({ maxBytes: options.bufferBytes, pending: room.pending, onReaders }),
    options.mirror?.(snapshot()),
  );

  function emit(event: RunEvent): void {
    log.append(event);
    tap?.(event);
    if (event.type !== 'message.update' && event.type !== 'tool.update') sessions.trace(key, runId, event);
    if (followEvent(info, event, clock.now())) options.onChange(snapshot());
  }

  function snapshot(): RunInfo {
    const pending = room.pending();
    return { ...info, usage: { ...info.usage }, ...(pending.length > 0 && { pending }) };
  }

  function onWaiting(): void {
    if (isAlone && room.pending().length === 0) expectReader(options.graceMs());
    options.onChange(snapshot());
  }

  function putAside(): void {
    const pending = room.pending();
    // A sub-agent's question cannot be answered later: nobody would be there who asked it.
    const canWait = ({ kind, agent }: PendingRequest) => kind === 'question' && agent === undefined;
    if (aborting.signal.aborted || pending.length === 0 || !pending.every(canWait)) return;
    logger.info('The run is put aside until its question is answered');
    aborting.abort(new PutAside());
  }

  /** Nobody reads, or time is up: a run that asked a question can go on another day. */
  function giveUp(reason: string): void {
    putAside();
    abort(reason);
  }

  function abort(reason: string): void {
    if (aborting.signal.aborted || info.status !== 'running') return;
    logger.info(`Run aborted: ${reason}`);
    aborting.abort(new Error(reason));
  }

  /** Calls back after `ms` unless `cancelled` fires before. */
  function after(ms: number, cancelled: AbortSignal, onTime: () => void): void {
    clock.sleep(Math.min(ms, longestTimerMs), cancelled).then(
      onTime,
      // The run ended, or a reader came back.
      () => undefined,
    );
  }

  function onReaders(count: number): void {
    leaving?.abort('a reader came or went');
    leaving = undefined;
    isAlone = false;
    if (count === 0) expectReader(options.graceMs());
  }

  function expectReader(graceMs: number): void {
    if (graceMs < 0 || over.signal.aborted) return;
    leaving = new AbortController();
    if (graceMs === 0) onAlone();
    else after(graceMs, leaving.signal, onAlone);
  }

  /** While a permission is waited for, nobody has to watch: the person may be on their way. */
  function onAlone(): void {
    isAlone = true;
    if (room.pending().some(({ kind }) => kind === 'permission')) return;
    giveUp('the client went away');
  }

  async function run(): Promise<RunOutcome> {
    emit({ type: 'session.start', sessionId: key.sessionId, runId, agentId: options.agentId, model: model.name });
    const end = await storing.after(work).catch((error: unknown): LoopEnd => failed(error, aborting.signal));
    await agents.end(end, info.turn);
    await options.onSettled();
    answers.end(end.fault);
    const error = end.fault && tellFault(end.fault);
    emit({ type: 'session.end', stopReason: end.stopReason, usage: end.usage });
    emit(contextUsage(end, model));
    const outcome = { stopReason: end.stopReason, durationMs: durationMs(), turns: info.turn };
    logger.info(`Run ended: ${end.stopReason}`, { ...outcome, tokens: end.usage.totalTokens, cost: end.usage.cost });
    return { ...outcome, usage: end.usage, ...(error && { error }) };
  }

  /** Whatever happened, nothing of the run stays behind and nobody waits for more. */
  function close(): void {
    over.abort('the run is over');
    leaving?.abort('the run is over');
    log.end();
  }

  async function work(): Promise<LoopEnd> {
    await follower.started(aborting.signal);
    aborting.signal.throwIfAborted();
    if (options.instead) {
      await storing.done();
      return options.instead(aborting.signal, emit);
    }
    const preparing = options.prepare({
      ...{ signal: aborting.signal, emit, room },
      ...{ stored: storing.done, kept: answers.kept },
    });
    preparing.then(
      agents.prepared,
      // Asked for below, unless something else goes wrong first.
      () => undefined,
    );
    const known = await readKnown();
    const open = openQuestions(known);
    if (open.length > 0 && !options.opening) return goOn(known, open, await preparing);
    const given = known.length === 0 ? (options.history ?? []) : [];
    const content = await openingWords();
    const user: UserMessage = { role: 'user', content, timestamp: clock.now() };
    storing.add(sessions.appendMessages(key, [...given, user]).then(() => log.complete([...given, user])));
    return loop(await preparing, [...known, ...given, user]);
  }

  async function readKnown(): Promise<Message[]> {
    if (options.session.isNew) return [];
    return loadHistory(sessions, key, { contextWindow: model.facts.contextWindow, historyTokens });
  }

  async function openingWords(): Promise<UserMessage['content']> {
    if (options.opening === undefined) return options.request.message;
    await storing.done();
    return options.opening(aborting.signal);
  }

  /** The message is the answer to the first open question. Others of the same turn are asked again. */
  async function goOn(known: Message[], [first, ...others]: ToolCallBlock[], parts: LoopParts): Promise<LoopEnd> {
    const answered = first ? [answerTo(first)] : [];
    await keepResults(answered);
    for (const { toolCallId, toolName, content, details } of answered) {
      emit({ type: 'tool.after', toolCallId, toolName, result: { content, details }, isError: false, durationMs: 0 });
    }
    const results = (await Promise.all(others.map(parts.runTool))).filter((result) => result !== undefined);
    await keepResults(results);
    return loop(parts, [...known, ...answered, ...results]);
  }

  function answerTo({ id, name }: ToolCallBlock): ToolResultMessage {
    const output = answerOutput(options.request.message);
    return { role: 'toolResult', toolCallId: id, toolName: name, ...output, isError: false, timestamp: clock.now() };
  }

  async function keepResults(results: ToolResultMessage[]): Promise<void> {
    if (results.length === 0) return;
    await sessions.appendMessages(key, results);
    log.complete(results);
    for (const { toolCallId } of results) answers.kept(toolCallId);
  }

  /** What a person answered is stored at once, whatever other tools of the turn are still doing. */
  const keepingAnswers =
    (runTool: LoopParts['runTool']): LoopParts['runTool'] =>
    async (call) => {
      const result = await runTool(call);
      if (result === undefined || result.isError || storedEarly === undefined) return result;
      if (!questionsOf(storedEarly).includes(call)) return result;
      try {
        await keepResults([result]);
        storedResults.add(result);
      } catch (error) {
        // The turn is stored with it, or fails for the same reason and tells.
        logger.warn(`An answer could not be stored yet: ${messageOf(error)}`, { toolCallId: call.id });
      }
      return result;
    };

  async function loop(parts: LoopParts, messages: Message[]): Promise<LoopEnd> {
    const { signal } = aborting;
    const runTool = keepingAnswers(parts.runTool);
    const end = await runLoop({ ...parts, runTool, model, messages, signal, clock, emit, beforeTools, saveTurn });
    const isPutAside = end.stopReason === 'aborted' && signal.reason instanceof PutAside;
    return isPutAside ? { ...end, stopReason: 'stop' } : end;
  }

  /** A question has to be found again when the server stops before it is answered. */
  async function beforeTools(message: AssistantMessage): Promise<void> {
    // What a tool did cannot be undone when what it was done for is lost.
    await storing.done();
    if (questionsOf(message).length === 0) return;
    await sessions.appendMessages(key, [message]);
    log.complete([message]);
    storedEarly = message;
  }

  /** What was acknowledged is stored: the loop tells of a turn only after this. */
  async function saveTurn(finished: FinishedTurn): Promise<void> {
    const { turn, message, toolResults, overhead } = finished;
    const results = toolResults.filter((result) => !storedResults.has(result));
    const written: Message[] = storedEarly === message ? results : [message, ...results];
    const usage = noUsage();
    for (const part of [...overhead, message.usage]) addUsage(usage, part);
    await storing.done();
    if (written.length > 0) await sessions.appendMessages(key, written);
    await sessions.recordTurn(key, {
      runId,
      turn,
      model: `${message.provider}:${message.model}`,
      usage,
      stopReason: message.stopReason,
    });
    log.complete(written);
    for (const { toolCallId } of results) answers.kept(toolCallId);
    follower.turnPersisted(finished);
  }

  function tellFault(fault: AppError): { message: string; code: string } {
    const message = options.redact(fault.message);
    const cause = fault.cause instanceof Error ? { cause: fault.cause.message, stack: fault.cause.stack } : {};
    logger.error(`Run failed: ${message}`, { code: fault.code, ...cause });
    const error = { message, code: fault.code };
    emit({ type: 'error', error });
    return error;
  }

  after(options.deadlineMs, over.signal, () => giveUp('the deadline passed'));
  if (options.graceMs() >= 0) expectReader(Math.max(options.graceMs(), options.firstReaderMs));
  logger.info(`Run started with ${model.name}`, { agentId: options.agentId });
  const done = run()
    .catch((error: unknown): RunOutcome => {
      logger.error(`Run broke: ${messageOf(error)}`);
      return { stopReason: 'error', durationMs: durationMs(), turns: info.turn, usage: info.usage };
    })
    .finally(close)
    .then((outcome) => follower.ended(outcome));
  return {
    runId,
    sessionId: key.sessionId,
    key,
    info: snapshot,
    events: (after = 0): AsyncIterable<NumberedEvent> => log.read(after),
    abort,
    putAside,
    take: room.take,
    kept: answers.wait,
    done,
  };
}

function failed(error: unknown, signal: AbortSignal): LoopEnd {
  // What has a code of its own, a disk that refuses for instance, is told also when the run was being aborted.
  if (signal.aborted && !(error instanceof AppError)) return { stopReason: 'aborted', usage: noUsage() };
  return { stopReason: 'error', fault: asFault(error), usage: noUsage() };
}

function contextUsage({ lastUsage }: LoopEnd, { facts }: ModelHandle): RunEvent {
  const inputTokens = lastUsage ? lastUsage.input + lastUsage.cacheRead + lastUsage.cacheWrite : 0;
  const outputTokens = lastUsage?.output ?? 0;
  const budgetUsedPct = Math.round(((inputTokens + outputTokens) / facts.contextWindow) * 1000) / 10;
  return { type: 'context_usage', inputTokens, outputTokens, budgetUsedPct };
}

/** The first line that says something. */
export function titleOf(message: string): string {
  const line = message.split('\n').find((candidate) => candidate.trim() !== '') ?? '';
  const points = [...line.trim()];
  return points.length > 80 ? `${points.slice(0, 79).join('')}…` : points.join('');
}

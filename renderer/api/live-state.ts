import type { ConsoleState } from '../../server/console/api.ts';
import type { RunInfo } from '../../server/contract/chat.ts';
import type { ConsoleEvent, Problem } from '../../server/contract/console-events.ts';
import type { FirstRun } from '../../server/contract/first-run.ts';
import type { Notice } from '../../server/contract/notices.ts';
import type { EngineStatus, ImageStatus, SandboxInfo, SandboxStats } from '../../server/contract/sandbox.ts';
import type { ServerState } from '../../server/contract/server-state.ts';

/** What the console knows, derived from one snapshot and the events after it. */
export interface LiveState {
  epoch: string;
  version: string;
  dataDir: string;
  platform: string;
  server: ServerState;
  /** Newest first. */
  runs: readonly RunInfo[];
  /** In order of creation; those that are gone are left out. */
  sandboxes: readonly SandboxInfo[];
  engine: EngineStatus;
  image: ImageStatus;
  /** The latest of each sandbox. */
  stats: Readonly<Record<string, SandboxStats>>;
  problems: readonly Problem[];
  /** Newest first. */
  notices: readonly Notice[];
  /** As it was when this window was opened; absent: there is none here. */
  firstRun: FirstRun | undefined;
}

/** Ended runs are kept for the pages that just showed them; running ones always. */
const endedRunsKept = 100;

export function fromConsoleState(state: ConsoleState): LiveState {
  return {
    epoch: state.epoch,
    version: state.version,
    dataDir: state.dataDir,
    platform: state.platform,
    server: state.server,
    runs: state.runs.toSorted((a, b) => b.startedAt - a.startedAt),
    sandboxes: state.sandboxes.filter((each) => each.state !== 'gone'),
    engine: state.engine,
    image: state.image,
    stats: {},
    problems: state.problems,
    notices: state.notices,
    firstRun: state.firstRun,
  };
}

function withRun(runs: readonly RunInfo[], run: RunInfo): RunInfo[] {
  const others = runs.filter((each) => each.runId !== run.runId);
  const place = others.findIndex((each) => each.startedAt <= run.startedAt);
  const next = others.toSpliced(place === -1 ? others.length : place, 0, run);
  let ended = 0;
  return next.filter((each) => each.status === 'running' || ++ended <= endedRunsKept);
}

function withSandbox(sandboxes: readonly SandboxInfo[], sandbox: SandboxInfo): SandboxInfo[] {
  if (sandbox.state === 'gone') return sandboxes.filter((each) => each.id !== sandbox.id);
  const place = sandboxes.findIndex((each) => each.id === sandbox.id);
  return place === -1 ? [...sandboxes, sandbox] : sandboxes.with(place, sandbox);
}

/** The server keeps as many. */
const noticesKept = 100;

function withNotice(notices: readonly Notice[], notice: Notice): Notice[] {
  const place = notices.findIndex((each) => each.id === notice.id);
  return place === -1 ? [notice, ...notices].slice(0, noticesKept) : notices.with(place, notice);
}

/** The one place where an event changes what is known. Applying the same event twice gives the same state. */
export function reduceLive(state: LiveState, event: ConsoleEvent): LiveState {
  switch (event.type) {
    case 'hello':
      return { ...state, epoch: event.epoch, version: event.version };
    case 'server':
      return { ...state, server: event.state };
    case 'run':
      return { ...state, runs: withRun(state.runs, event.run) };
    case 'sandbox':
      return { ...state, sandboxes: withSandbox(state.sandboxes, event.sandbox) };
    case 'engine':
      return { ...state, engine: event.engine, image: event.image };
    case 'stats':
      return { ...state, stats: Object.fromEntries(event.stats.map((each) => [each.id, each])) };
    case 'problems':
      return { ...state, problems: event.problems };
    case 'notice':
      return { ...state, notices: withNotice(state.notices, event.notice) };
    case 'notices':
      return { ...state, notices: event.notices };
    // These tell that something else is to be fetched or shown; nothing here changes.
    case 'reset':
    case 'secret':
    case 'settings':
    case 'logs':
      return state;
    default:
      // A newer console may send what this page does not know yet.
      event satisfies never;
      return state;
  }
}

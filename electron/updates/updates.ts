import type { UpdateAction, UpdateProblem, UpdateState } from '../native/contract.ts';
import type { OwnFile } from '../own-file.ts';
import { problemOf } from './update-problems.ts';

/** A newer version, as its publisher describes it. */
export interface FoundUpdate {
  version: string;
  /** Plain text or Markdown; '' when there is none. */
  notes: string;
  /** Since 1970, in ms. */
  releasedAt?: number;
}

/** What finds, fetches and installs; electron-updater behind load-updater.ts. Each throws what went wrong. */
export interface Updater {
  /** Undefined: this is the newest. */
  check(): Promise<FoundUpdate | undefined>;
  /** Fetches what `check` found, and checks it. An abort rejects. */
  download(onProgress: (receivedBytes: number, totalBytes: number) => void, signal: AbortSignal): Promise<void>;
  /** Ends the program and installs. `onFailed`: nothing is going to happen. */
  install(isStartedAgain: boolean, onFailed: () => void): void;
}

/** What a person decided; kept. */
export interface UpdateChoices {
  /** Looks by itself; off is "never ask". */
  isAutomatic: boolean;
  /** This version is not offered. */
  skipped?: string | undefined;
  /** Nothing is offered before, in ms since 1970. */
  laterUntil?: number | undefined;
}

export interface UpdatesOptions {
  version: string;
  /** `source`, `no_address`: this build cannot be updated by itself. */
  load: (() => Promise<Updater>) | 'source' | 'no_address';
  choices: OwnFile<UpdateChoices>;
  /** Titles of the runs that go on. */
  runs(): string[];
  /** Resolves once a whole backup lies on the disk. */
  backUp(signal: AbortSignal): Promise<void>;
  requestQuit(): void;
  /** Something was found without being asked for. */
  announce(found: FoundUpdate): void;
  onChange(state: UpdateState): void;
  now(): number;
}

export interface Updates {
  state(): UpdateState;
  act(action: UpdateAction): UpdateState;
  /** Looks now and then, when the person wants that. */
  begin(): void;
  /** What the production checklist reports; undefined: nobody looked yet. */
  knowledge(): { latest?: string; checkedAt: number; problem?: string } | undefined;
  /** The person stays: a restart that was asked for is off. */
  stay(): void;
  /** True when an update is going to be installed as the program ends; else the caller ends it. */
  installInstead(exit: () => void): boolean;
  isInstalling(): boolean;
  close(): void;
}

const firstLookMs = 60_000;
const lookEveryMs = 6 * 3_600_000;
const laterMs = 24 * 3_600_000;
const runsEveryMs = 500;
/** Work done since then is not in the backup: another one is made. */
const freshBackupMs = 10 * 60_000;

/** Finds, fetches, backs up, installs; never one of them without being asked, but for finding. */
export function createUpdates(options: UpdatesOptions): Updates {
  const { version, load, choices, now } = options;
  let chosen: UpdateChoices = choices.read() ?? { isAutomatic: true };
  let progress: Omit<UpdateState, 'version' | 'isAutomatic' | 'skipped'> =
    typeof load === 'string' ? { phase: 'unavailable', reason: load } : { phase: 'idle' };
  let loaded: Promise<Updater> | undefined;
  let found: FoundUpdate | undefined;
  let checkedAt: number | undefined;
  let checkProblem: UpdateProblem | undefined;
  let work: AbortController | undefined;
  let backedUpAt = 0;
  let wantsRestart = false;
  let isInstalling = false;
  let looking: NodeJS.Timeout | undefined;

  const state = (): UpdateState => ({
    ...progress,
    version,
    isAutomatic: chosen.isAutomatic,
    ...(chosen.skipped !== undefined && { skipped: chosen.skipped }),
    ...(checkedAt !== undefined && { checkedAt }),
    ...(found && { latest: found.version, notes: found.notes }),
    ...(found?.releasedAt !== undefined && { releasedAt: found.releasedAt }),
  });

  function become(next: typeof progress): void {
    progress = next;
    options.onChange(state());
  }

  function choose(change: Partial<UpdateChoices>): void {
    chosen = { ...chosen, ...change };
    choices.write(chosen);
    options.onChange(state());
  }

  const updater = (): Promise<Updater> => {
    if (typeof load === 'string') throw new Error('This build cannot be updated by itself.');
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  };

  /** One thing at a time; its fault is a state, not a rejection. */
  async function doAlone(step: UpdateProblem['step'], task: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (work || typeof load === 'string') return;
    const own = new AbortController();
    work = own;
    try {
      await task(own.signal);
    } catch (error) {
      if (own.signal.aborted) become({ phase: found ? 'available' : 'idle' });
      else {
        const problem = problemOf(step, error);
        if (step === 'check') checkProblem = problem;
        become({ phase: 'failed', problem });
      }
    } finally {
      work = undefined;
    }
  }

  const check = (isAsked: boolean) =>
    doAlone('check', async (signal) => {
      become({ phase: 'checking' });
      // A failed look was a look too.
      checkedAt = now();
      const next = await (await updater()).check();
      signal.throwIfAborted();
      found = next;
      checkedAt = now();
      checkProblem = undefined;
      become({ phase: next ? 'available' : 'current' });
      const isQuiet = next?.version === chosen.skipped || now() < (chosen.laterUntil ?? 0);
      if (next && !isAsked && !isQuiet) options.announce(next);
    });

  async function download(): Promise<void> {
    let isFetched = false;
    await doAlone('download', async (signal) => {
      const receive = (receivedBytes: number, totalBytes: number) => {
        if (!signal.aborted) become({ phase: 'downloading', receivedBytes, totalBytes });
      };
      receive(0, 0);
      await (await updater()).download(receive, signal);
      signal.throwIfAborted();
      isFetched = true;
    });
    if (isFetched) await prepare();
  }

  /** After this the program may be replaced: no run is cut off by it, and what it could spoil is in a backup. */
  const prepare = () =>
    doAlone('backup', async (signal) => {
      for (let runs = options.runs(); runs.length > 0; runs = options.runs()) {
        become({ phase: 'waiting', runs });
        await pause(runsEveryMs, signal);
      }
      become({ phase: 'backing_up' });
      await options.backUp(signal);
      signal.throwIfAborted();
      backedUpAt = now();
      become({ phase: 'ready' });
    });

  async function install(): Promise<void> {
    if (now() - backedUpAt > freshBackupMs || options.runs().length > 0) await prepare();
    if (progress.phase !== 'ready') return;
    wantsRestart = true;
    options.requestQuit();
  }

  function look(afterMs: number): void {
    clearTimeout(looking);
    if (typeof load === 'string' || !chosen.isAutomatic) return;
    looking = setTimeout(() => {
      const isIdle = ['idle', 'current', 'available', 'failed'].includes(progress.phase);
      void (isIdle ? check(false) : Promise.resolve()).finally(() => look(lookEveryMs));
    }, afterMs);
    looking.unref();
  }

  /** What each action needs to be the case; anything else is left alone. */
  const actions: Record<UpdateAction, () => void> = {
    check: () => void (progress.phase !== 'ready' && check(true)),
    download: () => void (found && !['ready', 'checking'].includes(progress.phase) && download()),
    cancel: () => work?.abort(new Error('It was cancelled.')),
    skip: () => choose({ skipped: found?.version }),
    unskip: () => choose({ skipped: undefined }),
    later: () => choose({ laterUntil: now() + laterMs }),
    automatic_on: () => {
      choose({ isAutomatic: true });
      look(firstLookMs);
    },
    automatic_off: () => {
      choose({ isAutomatic: false });
      clearTimeout(looking);
    },
    install: () => void ((progress.phase === 'ready' || progress.problem?.step === 'backup') && install()),
  };

  return {
    state,
    act(action) {
      actions[action]();
      return state();
    },
    begin: () => look(firstLookMs),
    knowledge: () =>
      checkedAt === undefined || progress.phase === 'checking'
        ? undefined
        : {
            checkedAt,
            ...(found && { latest: found.version }),
            ...(checkProblem && { problem: checkProblem.detail }),
          },
    stay() {
      wantsRestart = false;
    },
    installInstead(exit) {
      if (progress.phase !== 'ready' || !loaded || isInstalling) return false;
      isInstalling = true;
      void loaded.then((updater) => updater.install(wantsRestart, exit)).catch(exit);
      return true;
    },
    isInstalling: () => isInstalling,
    close() {
      clearTimeout(looking);
      work?.abort(new Error('The program ends.'));
    },
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}

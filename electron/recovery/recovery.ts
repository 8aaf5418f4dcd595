import type { MenuLanguage } from '../native/contract.ts';
import { actionPath, onwardPage, type RecoveryView, recoveryPage } from './page.ts';
import { type RecoveryWords, recoveryWords } from './words.ts';

/** Why there is this page and not the console. */
export type Trouble =
  | { kind: 'failed'; code: string; message: string }
  /** The program was found to end without order again and again, and did not start. */
  | { kind: 'crash_loop'; count: number }
  /** The program whose console was shown does not hold the data directory any more. */
  | { kind: 'lost'; pid: number }
  /** The page crashed again and again; the console itself is open. */
  | { kind: 'page_crashes' };

/** What can be looked up and done while the console is shut; see server/host/start-aid.ts. */
export interface Aid {
  dataDir(): Promise<string>;
  logsDir(): Promise<string>;
  lastLogLines(count: number): Promise<string[]>;
  owner(): Promise<{ pid: number; host: string } | undefined>;
  stopOwner(): Promise<'free' | 'ended' | 'killed'>;
  repair(): Promise<{ path: string }[]>;
}

export interface RecoveryOptions {
  aid: Aid;
  /** Of this machine: a program on another one cannot be stopped from here. */
  hostName: string;
  language(): MenuLanguage;
  /** Opens the console again, whole or in safe mode. Never rejects. */
  start(mode: 'normal' | 'safe'): Promise<void>;
  /** Shows the console of the program that holds the data directory. Throws with a sentence. */
  adopt(): Promise<void>;
  /** Shows the folder in the system's file manager. */
  showFolder(path: string): void;
  quit(): void;
}

export interface Recovery {
  /** Answers everything of the window while there is trouble. */
  answer(trouble: Trouble, request: Request): Promise<Response>;
}

const shownLines = 40;

type ActionName = 'retry' | 'start' | 'reload' | 'safe' | 'adopt' | 'stop' | 'repair' | 'logs' | 'quit';

/** The plain page of a program that cannot show its console: what is wrong, the last log lines, and the ways on. */
export function createRecovery(options: RecoveryOptions): Recovery {
  const { aid } = options;
  let notice: string | undefined;
  const words = () => recoveryWords[options.language()];

  const acts: Record<ActionName, () => Promise<string | undefined>> = {
    retry: () => begin('normal'),
    start: () => begin('normal'),
    reload: () => begin('normal'),
    safe: () => begin('safe'),
    async adopt() {
      await options.adopt();
      return undefined;
    },
    async stop() {
      const outcome = words().stopped[await aid.stopOwner()];
      await begin('normal');
      return outcome;
    },
    async repair() {
      const repaired = await aid.repair();
      const { repaired: told, nothingToRepair } = words();
      return repaired.length > 0 ? told(repaired.map(({ path }) => path).join(', ')) : nothingToRepair;
    },
    async logs() {
      options.showFolder(await aid.logsDir());
      return undefined;
    },
    async quit() {
      options.quit();
      return undefined;
    },
  };

  async function begin(mode: 'normal' | 'safe'): Promise<undefined> {
    await options.start(mode);
  }

  async function act(name: string, trouble: Trouble): Promise<Response> {
    const offered = await offeredActions(trouble);
    const chosen = offered.find((action) => action === name);
    if (chosen === undefined) return shut(404, 'There is no such action.');
    try {
      notice = await acts[chosen]();
    } catch (error) {
      notice = `${words().failed}${error instanceof Error ? error.message : String(error)}`;
    }
    return onwardPage();
  }

  async function offeredActions(trouble: Trouble): Promise<ActionName[]> {
    if (trouble.kind === 'page_crashes') return ['reload', 'safe', 'logs', 'quit'];
    if (trouble.kind === 'crash_loop' || trouble.kind === 'lost') return ['start', 'safe', 'repair', 'logs', 'quit'];
    if (trouble.code !== 'data_dir_locked') return ['retry', 'safe', 'repair', 'logs', 'quit'];
    const owner = await aid.owner();
    const isHere = owner?.host === options.hostName;
    return isHere ? ['adopt', 'stop', 'retry', 'logs', 'quit'] : ['retry', 'logs', 'quit'];
  }

  async function show(trouble: Trouble): Promise<Response> {
    const t = words();
    const [dataDir, logLines, owner, offered] = await Promise.all([
      aid.dataDir().catch(() => ''),
      aid.lastLogLines(shownLines),
      aid.owner(),
      offeredActions(trouble),
    ]);
    const view: RecoveryView = {
      language: options.language(),
      ...headOf(trouble, t),
      facts: [[t.dataDir, dataDir], ...(trouble.kind === 'failed' ? [[t.code, trouble.code] as [string, string]] : [])],
      ...(notice !== undefined && { notice }),
      logTitle: t.log,
      logLines,
      noLog: t.noLog,
      actions: offered.map((name) => ({
        name,
        label: name === 'stop' ? t.actions.stop(owner?.pid ?? 0) : t.actions[name],
      })),
      notes: [
        ...(offered.includes('adopt') ? [t.adoptNote] : []),
        ...(offered.includes('safe') ? [t.safeNote] : []),
        ...(offered.includes('repair') ? [t.repairNote] : []),
      ],
    };
    notice = undefined;
    return recoveryPage(view);
  }

  return {
    async answer(trouble, request) {
      const { pathname } = new URL(request.url);
      if (pathname.startsWith('/console/')) return shut(503, 'The console is not open.');
      if (request.method === 'POST' && pathname.startsWith(actionPath))
        return act(pathname.slice(actionPath.length), trouble);
      return request.method === 'GET' ? show(trouble) : shut(405, 'Use GET.');
    },
  };
}

function headOf(trouble: Trouble, t: RecoveryWords): { title: string; message: string } {
  switch (trouble.kind) {
    case 'failed':
      return { title: t.title, message: trouble.message };
    case 'crash_loop':
      return { title: t.loopTitle, message: t.loop(trouble.count) };
    case 'lost':
      return { title: t.lostTitle, message: t.lost(trouble.pid) };
    case 'page_crashes':
      return { title: t.pageTitle, message: t.page };
  }
}

function shut(status: number, error: string): Response {
  const code = { 404: 'not_found', 405: 'method_not_allowed' }[status] ?? 'console_not_open';
  return Response.json({ error, code }, { status, headers: { 'Cache-Control': 'no-store' } });
}

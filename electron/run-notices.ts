import type { RunInfo } from '../server/contract/chat.ts';
import type { DesktopWords } from './words.ts';

export interface RunNotice {
  title: string;
  body: string;
  path: string;
}

/** Shorter runs were watched by whoever started them. */
const worthTellingMs = 15_000;
const rememberedRuns = 500;

export interface RunNoticesOptions {
  words(): DesktopWords['notices'];
  /** Whether the person wants to be told, and does not look at the window anyway. */
  isWanted(): boolean;
  show(notice: RunNotice): void;
}

/** Tells of the person's own runs: those that wait for an answer, and long ones that ended. Each once. */
export function createRunNotices({ words, isWanted, show }: RunNoticesOptions): (run: RunInfo) => void {
  const told = new Set<string>();
  return (run) => {
    // Runs of other users and tenants are watched by the programs that asked for them.
    if (run.tenantId !== 'default' || run.userId !== 'default') return;
    const notice = noticeOf(run, words());
    if (notice === undefined || told.has(notice.key)) return;
    told.add(notice.key);
    for (const oldest of told) {
      if (told.size <= rememberedRuns) break;
      told.delete(oldest);
    }
    if (isWanted()) show({ title: notice.title, body: run.title, path: `/playground/${run.sessionId}` });
  };
}

function noticeOf(run: RunInfo, words: DesktopWords['notices']): { key: string; title: string } | undefined {
  const [asked] = run.pending ?? [];
  if (run.status === 'running') return asked && { key: `${run.runId} ${asked.toolCallId}`, title: words.asks };
  const lastedMs = (run.endedAt ?? run.startedAt) - run.startedAt;
  if (run.status === 'aborted' || lastedMs < worthTellingMs) return undefined;
  return { key: run.runId, title: words[run.status] };
}

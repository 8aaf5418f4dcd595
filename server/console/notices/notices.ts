import type { RunInfo } from '../../contract/chat.ts';
import type { ConsoleEvent, Problem } from '../../contract/console-events.ts';
import { type Notice, type NoticeCode, noticeCodes } from '../../contract/notices.ts';
import type { Clock } from '../../lib/clock.ts';

/** The newest stay. */
export const noticesKept = 100;
const told = 2000;

export interface Notices {
  /** Newest first. */
  list(): Notice[];
  /** Of this instance or another; applying one twice does no harm. Must not throw. */
  onRun(run: RunInfo): void;
  /** All that there are now. Must not throw. */
  onProblems(problems: readonly Problem[]): void;
  markRead(): void;
  /** False when there is no such notice. */
  dismiss(id: string): boolean;
  dismissAll(): void;
}

/** What problems become notices; others are seen where they are and nobody has to be called. */
const fromProblems = new Set<string>(
  noticeCodes.filter((code) => !['run_failed', 'question_waiting', 'permission_waiting'].includes(code)),
);

/**
 * Remembers what happened, for people who looked elsewhere: each happening once, in memory, the newest hundred. One
 * event tells each new or changed notice; what a person does to the list is told whole.
 */
export function createNotices(clock: Clock, publish: (event: ConsoleEvent) => void): Notices {
  /** Oldest first. */
  let notices: Notice[] = [];
  /** Ids of runs that were told; dismissing one does not bring it back. */
  const seen = new Set<string>();
  /** Problems that go on, by what they are about, with their notice's id. */
  const lasting = new Map<string, string>();

  function tell(notice: Omit<Notice, 'at' | 'isRead' | 'isOver'>): void {
    const made: Notice = { ...notice, at: clock.now(), isRead: false, isOver: false };
    notices = [...notices, made].slice(-noticesKept);
    publish({ type: 'notice', notice: made });
  }

  function tellOnce(notice: Omit<Notice, 'at' | 'isRead' | 'isOver'>): void {
    if (seen.has(notice.id)) return;
    seen.add(notice.id);
    const [oldest] = seen;
    if (seen.size > told && oldest !== undefined) seen.delete(oldest);
    tell(notice);
  }

  function end(isEnded: (notice: Notice) => boolean): void {
    for (const notice of notices.filter((each) => !each.isOver && isEnded(each))) {
      const over = { ...notice, isOver: true };
      notices = notices.map((each) => (each === notice ? over : each));
      publish({ type: 'notice', notice: over });
    }
  }

  function tellAll(): void {
    publish({ type: 'notices', notices: newestFirst(notices) });
  }

  return {
    list: () => newestFirst(notices),
    onRun(run) {
      const { tenantId, userId, sessionId } = run;
      const session = { tenantId, userId, sessionId };
      const params = { title: run.title, agent: run.agentId };
      const waiting = new Set<string>();
      for (const request of run.status === 'running' ? (run.pending ?? []) : []) {
        const id = `waiting:${run.runId}:${request.toolCallId}`;
        waiting.add(id);
        if (request.kind === 'question') {
          const asked = { ...params, question: shortened(request.question) };
          tellOnce({ id, code: 'question_waiting', severity: 'warn', params: asked, session });
        } else {
          const asked = { ...params, tool: request.toolName };
          tellOnce({ id, code: 'permission_waiting', severity: 'warn', params: asked, session });
        }
      }
      const prefix = `waiting:${run.runId}:`;
      end(({ id }) => id.startsWith(prefix) && !waiting.has(id));
      if (run.status === 'error') {
        tellOnce({ id: `failed:${run.runId}`, code: 'run_failed', severity: 'bad', params, session });
      }
    },
    onProblems(problems) {
      const now = new Map(
        problems.filter(({ code }) => fromProblems.has(code)).map((problem) => [subjectOf(problem), problem]),
      );
      for (const [subject, id] of lasting) {
        if (now.has(subject)) continue;
        lasting.delete(subject);
        end((notice) => notice.id === id);
      }
      for (const [subject, { code, severity, params }] of now) {
        if (lasting.has(subject)) continue;
        const id = `${subject}:${clock.now()}`;
        lasting.set(subject, id);
        tell({ id, code: code as NoticeCode, severity, params });
      }
    },
    markRead() {
      if (notices.every(({ isRead }) => isRead)) return;
      notices = notices.map((notice) => ({ ...notice, isRead: true }));
      tellAll();
    },
    dismiss(id) {
      const left = notices.filter((notice) => notice.id !== id);
      const isKnown = left.length < notices.length;
      notices = left;
      if (isKnown) tellAll();
      return isKnown;
    },
    dismissAll() {
      notices = [];
      tellAll();
    },
  };
}

function newestFirst(notices: readonly Notice[]): Notice[] {
  return notices.toReversed();
}

/** Free space changes all the time and an error's words may; the disk and the server stay the same. */
function subjectOf({ code, params }: Problem): string {
  return [code, params.name ?? params.reference ?? ''].join(' ');
}

function shortened(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 199)}…`;
}

import path from 'node:path';
import { parseObject } from './jsonl.ts';
import { parseMessage } from './message-line.ts';
import { applyLine, emptyState, type SessionState } from './session-state.ts';

export type LineVerdict = 'known' | 'alien';

/** Judges the lines of one file of a session, in order. */
export interface LineJudge {
  judge(line: Buffer): LineVerdict;
  /** Of session.jsonl: whose session it is by its lines so far. */
  owner(): { tenantId: string; userId: string; sessionId: string } | undefined;
}

/** `file` is relative to the session's folder. Undefined: not a file of lines. */
export function lineJudgeFor(file: string): LineJudge | undefined {
  const name = file.split(path.sep).join('/');
  const nobody = () => undefined;
  if (name === 'session.jsonl') {
    let state: SessionState = emptyState();
    return {
      judge(line) {
        const before = state.skippedLines;
        state = applyLine(state, line);
        return state.skippedLines === before ? 'known' : 'alien';
      },
      owner: () => state.summary,
    };
  }
  if (name === 'messages.jsonl' || /^messages\.compactions\/\d{4,9}\.jsonl$/.test(name)) {
    return { judge: (line) => (parseMessage(line) === undefined ? 'alien' : 'known'), owner: nobody };
  }
  if (/\.jsonl$/.test(name)) {
    return { judge: (line) => (parseObject(line) === undefined ? 'alien' : 'known'), owner: nobody };
  }
  return undefined;
}

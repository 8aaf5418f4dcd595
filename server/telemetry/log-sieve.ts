import { hasField, sourceOf } from '../contract/log-sources.ts';
import { type LogFilter, type LogLine, logLevels } from '../contract/logs.ts';
import { parseLine } from './log-line.ts';
import { createTextMatcher, isRegexQuery } from './text-matcher.ts';

/** Keeps the texts of lines that a filter asks for, in their order. Throws AppErrors of the text matcher. */
export type LogSieve = (texts: string[]) => string[];

/** As `makeLine` writes them; none of the captured strings holds an escape. */
const written =
  /^\{"seq":(\d+),"time":(\d+),"level":"(debug|info|warn|error)","component":"([^"\\]*)","msg":"([^"\\]*)"(?:,"requestId":"([^"\\]*)")?(?:,"runId":"([^"\\]*)")?(?:,"sessionId":"([^"\\]*)")?(?:,"tenantId":"([^"\\]*)")?(?:,"fields":(\{.*\}))?\}$/;

/** A line as far as a search needs it: fields stay JSON until somebody asks. */
interface Seen {
  seq: number;
  time: number;
  level: string;
  component: string;
  runId: string | undefined;
  sessionId: string | undefined;
  tenantId: string | undefined;
  /** What a person sees of a line. */
  searchable: string;
}

export function createLogSieve(filter: LogFilter): LogSieve {
  const mayHold = createQuickLook(filter);
  const wanted = filter.text ? createTextMatcher(filter.text) : undefined;
  const unwanted = filter.exclude ? createTextMatcher(filter.exclude) : undefined;
  const { fields } = filter;
  return (texts) => {
    let kept: { text: string; searchable: string }[] = [];
    for (const text of texts) {
      if (!mayHold(text)) continue;
      const seen = readSeen(text);
      if (seen && hasFacts(seen, filter)) kept.push({ text, searchable: seen.searchable });
    }
    if (fields && kept.length > 0) {
      kept = kept.filter(({ text }) => {
        const line = parseLine(text);
        return line !== undefined && fields.every((field) => hasField(line, field));
      });
    }
    for (const [matcher, isWanted] of [
      [wanted, true],
      [unwanted, false],
    ] as const) {
      if (!matcher || kept.length === 0) continue;
      const matches = matcher(kept.map(({ searchable }) => searchable));
      kept = kept.filter((_, place) => matches[place] === isWanted);
    }
    return kept.map(({ text }) => text);
  };
}

/** False only for lines that cannot match: what is asked for has to stand in the line's JSON. */
function createQuickLook({ text, runId, sessionId, tenantId, component, fields }: LogFilter) {
  const exact = [runId, sessionId, tenantId, component].filter((value) => value !== undefined);
  const parts = exact.map((value) => JSON.stringify(value));
  const plain = text && !isRegexQuery(text) ? text.toLowerCase() : undefined;
  // In a text of the line its quotes are escaped; in its fields, which are shown as JSON, they stand as they are.
  const escaped = plain && JSON.stringify(plain).slice(1, -1);
  for (const { value, isNot } of fields ?? []) if (!isNot) parts.push(JSON.stringify(value).slice(1, -1));
  // A value that is JSON itself has its quotes and escapes once more in a text, but not as an object.
  const sure = parts.filter((part) => !part.includes('\\'));
  return (line: string) => {
    if (!sure.every((part) => line.includes(part))) return false;
    if (plain === undefined || escaped === undefined) return true;
    const lower = line.toLowerCase();
    return lower.includes(escaped) || (plain !== escaped && lower.includes(plain));
  };
}

export function readSeen(text: string): Seen | undefined {
  const match = written.exec(text);
  if (!match) {
    const line = parseLine(text);
    return line && { ...line, ...idsOf(line), searchable: searchableOf(line) };
  }
  const [, seq, time, level = '', component = '', msg = '', requestId, runId, sessionId, tenantId, fields] = match;
  let searchable = `${msg}\n${component}`;
  // Written out: this is the innermost part of every search.
  if (requestId !== undefined) searchable += `\n${requestId}`;
  if (runId !== undefined) searchable += `\n${runId}`;
  if (sessionId !== undefined) searchable += `\n${sessionId}`;
  if (tenantId !== undefined) searchable += `\n${tenantId}`;
  if (fields !== undefined) searchable += `\n${fields}`;
  return { seq: Number(seq), time: Number(time), level, component, runId, sessionId, tenantId, searchable };
}

function idsOf({ runId, sessionId, tenantId }: LogLine) {
  return { runId, sessionId, tenantId };
}

export function searchableOf({ msg, component, requestId, runId, sessionId, tenantId, fields }: LogLine): string {
  const parts = [msg, component, requestId, runId, sessionId, tenantId, fields && JSON.stringify(fields)];
  return parts.filter((part) => part !== undefined).join('\n');
}

function hasFacts(line: Seen, filter: LogFilter): boolean {
  const { minLevel, source, component, tenantId, sessionId, runId, fromTime, toTime, beforeSeq, afterSeq } = filter;
  return (
    (beforeSeq === undefined || line.seq < beforeSeq) &&
    (afterSeq === undefined || line.seq > afterSeq) &&
    (fromTime === undefined || line.time >= fromTime) &&
    (toTime === undefined || line.time <= toTime) &&
    (minLevel === undefined || rankOf(line.level) >= rankOf(minLevel)) &&
    (source === undefined || sourceOf(line.component) === source) &&
    (component === undefined || line.component === component) &&
    (tenantId === undefined || line.tenantId === tenantId) &&
    (sessionId === undefined || line.sessionId === sessionId) &&
    (runId === undefined || line.runId === runId)
  );
}

function rankOf(level: string): number {
  return (logLevels as readonly string[]).indexOf(level);
}

/** Whether anything but its place is asked of a line. */
export function isPlainFilter({ beforeSeq: _, afterSeq: __, limit: ___, ...rest }: LogFilter): boolean {
  return Object.values(rest).every((value) => value === undefined);
}

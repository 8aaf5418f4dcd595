import { type LogLevel, type LogLine, logLevels } from '../contract/logs.ts';
import type { Redactor } from '../secrets/secret-source.ts';
import { boundText, toBoundedValue } from './bounded-value.ts';
import type { LogContext } from './logger.ts';

/** One line as text is at most this long, before redaction. */
const maxLineLength = 65_536;
/** Of it, left for the names of what did not fit. */
const namesRoom = 2048;
const lineIds = ['requestId', 'runId', 'sessionId', 'tenantId'] as const;

export interface LineInput {
  seq: number;
  time: number;
  level: LogLevel;
  msg: string;
  context: LogContext;
  fields: Record<string, unknown> | undefined;
}

/** A line and its text, both bounded and redacted. */
export interface WrittenLine {
  line: LogLine;
  text: string;
}

/** Makes the line that leaves the process. Never throws; what cannot be written is told in its place. */
export function makeLine(input: LineInput, redactorInForce: () => Redactor): WrittenLine {
  try {
    const redactor = redactorInForce();
    const line = compose(input, redactor);
    const text = JSON.stringify(line);
    if (text.length <= maxLineLength - namesRoom || !line.fields) return redactText(line, text, redactor);
    const { fields, ...head } = line;
    return redactLine({ ...head, fields: fitFields(fields, maxLineLength - JSON.stringify(head).length) }, redactor);
  } catch {
    return withheld(input);
  }
}

/** The whole text of the line is redacted, so that no field name, nesting or escape is a way around it. */
export function redactLine(line: LogLine, redactor: Redactor): WrittenLine {
  return redactText(line, JSON.stringify(line), redactor);
}

function redactText(line: LogLine, text: string, redactor: Redactor): WrittenLine {
  const clean = redactor.redact(text);
  if (clean === text) return { line, text };
  const parsed = parseLine(clean);
  if (parsed) return { line: parsed, text: clean };
  return redactValues(line, redactor);
}

/** For a value that begins or ends inside JSON's own syntax (an escape, a number): each string is redacted by itself. */
function redactValues(line: LogLine, redactor: Redactor): WrittenLine {
  const { seq, time, level, ...rest } = line;
  const clean = { seq, time, level, ...(redactInside(rest, redactor) as typeof rest) };
  const text = JSON.stringify(clean);
  const body = JSON.stringify({ ...clean, seq: 0, time: 0 });
  const hasLeak = redactor.redact(body) !== body;
  return hasLeak ? withheld({ seq, time, level }) : { line: clean, text };
}

function redactInside(value: unknown, redactor: Redactor): unknown {
  if (typeof value === 'string') return redactor.redact(value);
  if (Array.isArray(value)) return value.map((item) => redactInside(item, redactor));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [redactor.redact(key), redactInside(item, redactor)]),
    );
  }
  const text = String(value);
  return redactor.redact(text) === text ? value : redactor.redact(text);
}

function withheld({ seq, time, level }: Pick<LineInput, 'seq' | 'time' | 'level'>): WrittenLine {
  const line = { seq, time, level, component: 'telemetry', msg: 'This line was withheld: it could not be redacted.' };
  return { line, text: JSON.stringify(line) };
}

function compose({ seq, time, level, msg, context, fields }: LineInput, redactor: Redactor): LogLine {
  const redact = (text: string) => redactor.redact(text);
  const { stack, ...rest } = fields ? splitStack(fields) : {};
  const ids: Partial<Record<(typeof lineIds)[number], string>> = {};
  for (const id of lineIds) {
    const own = rest[id];
    const value = typeof own === 'string' ? own : context[id];
    if (typeof own === 'string') delete rest[id];
    if (value !== undefined) ids[id] = boundText(value, redact, 256);
  }
  const head = {
    seq,
    time,
    level,
    component: boundText(context.component ?? 'lifecycle', redact, 64),
    msg: boundText(String(msg), redact),
    ...ids,
  };
  const all = stack === undefined ? rest : { ...rest, stack };
  const bounded = Object.keys(all).length > 0 ? toBoundedValue(all, redact) : undefined;
  return bounded === undefined ? head : { ...head, fields: bounded as Record<string, unknown> };
}

/** The stack of the first error among the fields. */
function splitStack(fields: Record<string, unknown>): Record<string, unknown> {
  if (fields.stack !== undefined) return { ...fields };
  const error = Object.values(fields).find((value) => value instanceof Error);
  return error?.stack === undefined ? { ...fields } : { ...fields, stack: error.stack };
}

/** Whole fields only, in their order, as long as they fit. */
function fitFields(fields: Record<string, unknown>, room: number): Record<string, unknown> {
  let left = room - namesRoom;
  const kept: [string, unknown][] = [];
  const omitted: string[] = [];
  for (const [key, value] of Object.entries(fields)) {
    const size = JSON.stringify({ [key]: value }).length;
    if (size > left) {
      omitted.push(key);
    } else {
      left -= size;
      kept.push([key, value]);
    }
  }
  if (omitted.length > 0) kept.push(['omittedFields', omitted.slice(0, 10)]);
  return Object.fromEntries(kept);
}

/** Reads a line of a log file; undefined for anything that is not one. */
export function parseLine(text: string): LogLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isLogLine(value) ? value : undefined;
}

function isLogLine(value: unknown): value is LogLine {
  if (typeof value !== 'object' || value === null) return false;
  const line: Partial<Record<keyof LogLine, unknown>> = value;
  return (
    Number.isSafeInteger(line.seq) &&
    typeof line.time === 'number' &&
    (logLevels as readonly unknown[]).includes(line.level) &&
    typeof line.component === 'string' &&
    typeof line.msg === 'string' &&
    lineIds.every((id) => line[id] === undefined || typeof line[id] === 'string') &&
    (line.fields === undefined || (typeof line.fields === 'object' && line.fields !== null))
  );
}

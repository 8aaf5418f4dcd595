import {
  type FieldFilter,
  hasField,
  type LogSource,
  logSources,
  sourceOf,
} from '../../../server/contract/log-sources.ts';
import type { LogLevel, LogLine } from '../../../server/contract/logs.ts';

/** Least first. Named here because the contract's file brings its parser along. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const satisfies readonly LogLevel[];

/** Times that go on with the clock. */
export const spans = ['15m', '1h', '24h', '7d'] as const;
export type Span = (typeof spans)[number];
const spanMs: Record<Span, number> = { '15m': 900_000, '1h': 3_600_000, '24h': 86_400_000, '7d': 604_800_000 };

/** What the page shows, as it stands in its address. Empty text: not asked for. */
export interface Filter {
  minLevel: LogLevel;
  source: LogSource | '';
  component: string;
  tenantId: string;
  sessionId: string;
  runId: string;
  text: string;
  exclude: string;
  since: Span | '';
  /** Milliseconds since 1970, as text; both included. */
  fromTime: string;
  toTime: string;
  fields: readonly FieldFilter[];
}

export const noFilter: Filter = {
  minLevel: 'debug',
  source: '',
  component: '',
  tenantId: '',
  sessionId: '',
  runId: '',
  text: '',
  exclude: '',
  since: '',
  fromTime: '',
  toTime: '',
  fields: [],
};

/** Those that stand in the address as they are. */
const textNames = [
  'component',
  'tenantId',
  'sessionId',
  'runId',
  'text',
  'exclude',
  'fromTime',
  'toTime',
] as const satisfies readonly (keyof Filter)[];

/** Reads an address; what is not understood is not asked for. */
export function readFilter(search: URLSearchParams): Filter {
  const oneOf = <T extends string>(all: readonly T[], name: string) => all.find((each) => each === search.get(name));
  const filter: Filter = {
    ...noFilter,
    minLevel: oneOf(logLevels, 'minLevel') ?? 'debug',
    source: oneOf(logSources, 'source') ?? '',
    since: oneOf(spans, 'since') ?? '',
    fields: readFields(search.get('fields')),
  };
  for (const name of textNames) filter[name] = search.get(name) ?? '';
  for (const name of ['fromTime', 'toTime'] as const) if (!/^\d{1,15}$/.test(filter[name])) filter[name] = '';
  return filter;
}

/** The address of a filter: only what is set. */
export function writeFilter(filter: Filter): URLSearchParams {
  const search = new URLSearchParams();
  if (filter.minLevel !== 'debug') search.set('minLevel', filter.minLevel);
  for (const name of ['source', 'since', ...textNames] as const)
    if (filter[name] !== '') search.set(name, filter[name]);
  if (filter.fields.length > 0) search.set('fields', JSON.stringify(filter.fields));
  return search;
}

function readFields(text: string | null): FieldFilter[] {
  if (text === null) return [];
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.filter(isFieldFilter) : [];
  } catch {
    return [];
  }
}

function isFieldFilter(value: unknown): value is FieldFilter {
  if (typeof value !== 'object' || value === null) return false;
  const { path, value: text, isNot } = value as Partial<Record<keyof FieldFilter, unknown>>;
  const isPath = Array.isArray(path) && path.length > 0 && path.every((name) => typeof name === 'string');
  return isPath && typeof text === 'string' && typeof isNot === 'boolean';
}

export function isFiltering(filter: Filter): boolean {
  return writeFilter(filter).size > 0;
}

export function isRegex(text: string): boolean {
  return /^\/(.+)\/([dgimsuvy]*)$/su.test(text);
}

/** Why an expression between slashes cannot be used; undefined when it can, or when the text is plain. */
export function faultOfRegex(text: string): string | undefined {
  const [, source, flags] = /^\/(.+)\/([dgimsuvy]*)$/su.exec(text) ?? [];
  if (source === undefined) return undefined;
  try {
    new RegExp(source, flags);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Regular expressions are left to the console, which can stop one that never ends. */
export function isMatchedByConsole({ text, exclude }: Filter): boolean {
  return isRegex(text) || isRegex(exclude);
}

/** Whether a line that just came belongs to what is shown. */
export function matchesLine(filter: Filter, line: LogLine): boolean {
  const { minLevel, source, fromTime, toTime, text, exclude, fields } = filter;
  if (logLevels.indexOf(line.level) < logLevels.indexOf(minLevel)) return false;
  if (source !== '' && sourceOf(line.component) !== source) return false;
  for (const name of ['component', 'tenantId', 'runId', 'sessionId'] as const) {
    if (filter[name] !== '' && line[name] !== filter[name]) return false;
  }
  if (fromTime !== '' && line.time < Number(fromTime)) return false;
  if (toTime !== '' && line.time > Number(toTime)) return false;
  if (!fields.every((field) => hasField(line, field))) return false;
  if (text === '' && exclude === '') return true;
  const shown = searchableOf(line).toLowerCase();
  return (
    (text === '' || shown.includes(text.toLowerCase())) && (exclude === '' || !shown.includes(exclude.toLowerCase()))
  );
}

/** As the console searches: without time, level and the names of ids. */
function searchableOf({ msg, component, requestId, runId, sessionId, tenantId, fields }: LogLine): string {
  const parts = [msg, component, requestId, runId, sessionId, tenantId, fields && JSON.stringify(fields)];
  return parts.filter((part) => part !== undefined).join('\n');
}

/** What the console is asked. */
export function toQuery(filter: Filter, now: number): Record<string, string> {
  const { since, ...rest } = filter;
  const from = since === '' ? rest.fromTime : String(now - spanMs[since]);
  return Object.fromEntries(writeFilter({ ...rest, since: '', fromTime: from }));
}

/** How each leaf of the configuration is edited. Its limits are the server's: it answers with what is wrong. */

export type FieldKind =
  | { kind: 'text' }
  /** Shown and typed in `unit`; stored as that many times `factor`. */
  | { kind: 'number'; unit?: Unit; factor?: number }
  | { kind: 'switch' }
  | { kind: 'list' }
  /** An optional one can be left unset, too. */
  | { kind: 'choice'; options: readonly string[]; isOptional?: boolean };

export type Unit =
  | 'bytes'
  | 'tokens'
  | 'days'
  | 'hours'
  | 'minutes'
  | 'seconds'
  | 'ms'
  | 'cores'
  | 'processes'
  | 'runs'
  | 'messages'
  | 'percent'
  | 'rounds';

export const groups = [
  'server',
  'models',
  'compaction',
  'permissions',
  'web',
  'network',
  'sandbox',
  'runs',
  'retention',
  'logging',
] as const;
export type Group = (typeof groups)[number];

const minutes: FieldKind = { kind: 'number', unit: 'minutes', factor: 60_000 };
const text: FieldKind = { kind: 'text' };

export const fields = {
  'server.host': { group: 'server', ...text },
  'server.port': { group: 'server', kind: 'number' },
  'server.allowedOrigins': { group: 'server', kind: 'list' },
  'server.allowedHosts': { group: 'server', kind: 'list' },
  'server.requireToken': { group: 'server', kind: 'switch' },
  'server.maxConcurrentRuns': { group: 'server', kind: 'number', unit: 'runs' },
  'server.sessionLeaseMs': { group: 'server', kind: 'number', unit: 'ms' },
  'server.bodyLimit': { group: 'server', kind: 'number', unit: 'bytes' },
  'server.attachments.maxBytes': { group: 'server', kind: 'number', unit: 'bytes' },
  'server.attachments.maxCount': { group: 'server', kind: 'number' },
  'llm.provider': { group: 'models', ...text },
  'llm.modelId': { group: 'models', ...text },
  'llm.baseUrl': { group: 'models', ...text },
  'llm.fallback': { group: 'models', kind: 'list' },
  'llm.maxTokens': { group: 'models', kind: 'number', unit: 'tokens' },
  'llm.temperature': { group: 'models', kind: 'number' },
  'llm.thinking': { group: 'models', kind: 'number', unit: 'tokens' },
  'llm.idleTimeoutMs': { group: 'models', kind: 'number', unit: 'seconds', factor: 1000 },
  'compaction.triggerTokens': { group: 'compaction', kind: 'number', unit: 'tokens' },
  'compaction.minMessages': { group: 'compaction', kind: 'number', unit: 'messages' },
  'compaction.reactive.enabled': { group: 'compaction', kind: 'switch' },
  'compaction.reactive.microPct': { group: 'compaction', kind: 'number', unit: 'percent' },
  'compaction.reactive.fullPct': { group: 'compaction', kind: 'number', unit: 'percent' },
  'compaction.reactive.keepRecentRounds': { group: 'compaction', kind: 'number', unit: 'rounds' },
  'permissions.mode': {
    group: 'permissions',
    kind: 'choice',
    options: ['default', 'acceptEdits', 'plan', 'dontAsk', 'bypassPermissions'],
    isOptional: true,
  },
  'search.provider': { group: 'web', kind: 'choice', options: ['tavily', 'brave', 'jina', 'exa'], isOptional: true },
  'web.allowPrivate': { group: 'web', kind: 'switch' },
  'web.allowHosts': { group: 'web', kind: 'list' },
  'network.proxy': { group: 'network', kind: 'choice', options: ['system', 'none', 'manual'] },
  'network.proxyUrl': { group: 'network', ...text },
  'network.noProxy': { group: 'network', kind: 'list' },
  'network.caFile': { group: 'network', ...text },
  'sandbox.image': { group: 'sandbox', ...text },
  'sandbox.idleTimeoutMs': { group: 'sandbox', ...minutes },
  'sandbox.required': { group: 'sandbox', kind: 'switch' },
  'sandbox.memory': { group: 'sandbox', ...text },
  'sandbox.cpus': { group: 'sandbox', kind: 'number', unit: 'cores' },
  'sandbox.pids': { group: 'sandbox', kind: 'number', unit: 'processes' },
  'sandbox.network': { group: 'sandbox', kind: 'choice', options: ['none', 'allow-list', 'open'] },
  'sandbox.allowHosts': { group: 'sandbox', kind: 'list' },
  'sandbox.allowHostServices': { group: 'sandbox', kind: 'switch' },
  'sandbox.grantSecrets': { group: 'sandbox', kind: 'list' },
  'sandbox.secretProxy': { group: 'sandbox', kind: 'list' },
  'sandbox.warmPool': { group: 'sandbox', kind: 'number' },
  'sandbox.maxAgeMs': { group: 'sandbox', ...minutes },
  'sandbox.diskLimit': { group: 'sandbox', ...text },
  'sandbox.dockerHost': { group: 'sandbox', ...text },
  'sandbox.dockerCertPath': { group: 'sandbox', ...text },
  'sandbox.allowPlainTcp': { group: 'sandbox', kind: 'switch' },
  'sandbox.runtime': { group: 'sandbox', ...text },
  'runs.disconnectGraceMs': { group: 'runs', kind: 'number', unit: 'ms' },
  'runs.deadlineMs': { group: 'runs', ...minutes },
  plugins: { group: 'runs', kind: 'list' },
  'shutdown.drainMs': { group: 'runs', kind: 'number', unit: 'seconds', factor: 1000 },
  'runs.historyTokens': { group: 'runs', kind: 'number', unit: 'tokens' },
  'subagents.maxDepth': { group: 'runs', kind: 'number' },
  'subagents.maxPerRun': { group: 'runs', kind: 'number' },
  'subagents.maxConcurrent': { group: 'runs', kind: 'number' },
  'subagents.maxCostUsd': { group: 'runs', kind: 'number' },
  'subagents.jobTimeoutMs': { group: 'runs', ...minutes },
  'retention.sessionsDays': { group: 'retention', kind: 'number', unit: 'days' },
  'retention.maxSessionsBytes': { group: 'retention', kind: 'number', unit: 'bytes' },
  'retention.logsDays': { group: 'retention', kind: 'number', unit: 'days' },
  'backup.everyHours': { group: 'retention', kind: 'number', unit: 'hours' },
  'backup.at': { group: 'retention', ...text },
  'backup.on': {
    group: 'retention',
    kind: 'choice',
    options: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'],
    isOptional: true,
  },
  'backup.keep': { group: 'retention', kind: 'number' },
  'backup.dir': { group: 'retention', ...text },
  'backup.workspaces': { group: 'retention', kind: 'switch' },
  'pastSessions.enabled': { group: 'runs', kind: 'switch' },
  'pastSessions.listed': { group: 'runs', kind: 'number' },
  'userMemory.enabled': { group: 'runs', kind: 'switch' },
  'userMemory.maxBytes': { group: 'runs', kind: 'number', unit: 'bytes' },
  'userMemory.model': { group: 'runs', ...text },
  'logging.level': { group: 'logging', kind: 'choice', options: ['debug', 'info', 'warn', 'error'] },
} as const satisfies Record<string, FieldKind & { group: Group }>;

export type FieldPath = keyof typeof fields;

/** As the contract has them, whose schemas are too large for the page; a test compares. */
export const restartFields: readonly FieldPath[] = ['server.host', 'server.port', 'plugins'];

export const fieldPaths = Object.keys(fields) as FieldPath[];

export function fieldOf(path: FieldPath): FieldKind & { group: Group } {
  return fields[path];
}

export function isFieldPath(path: string): path is FieldPath {
  return Object.hasOwn(fields, path);
}

/** A stored value as it stands in its control. */
export function toDraft(field: FieldKind, value: unknown): string {
  if (value === undefined || value === null) return '';
  if (field.kind === 'list') return Array.isArray(value) ? value.map(itemDraft).join(', ') : String(value);
  if (field.kind === 'number' && typeof value === 'number') return String(value / (field.factor ?? 1));
  return String(value);
}

const required = ' (required)';

/** A plugin that the server does not start without, as one word of a list. */
function itemDraft(item: unknown): string {
  if (typeof item !== 'object' || item === null || !('path' in item)) return String(item);
  return `${String(item.path)}${'required' in item && item.required === true ? required : ''}`;
}

function draftItem(text: string): unknown {
  return text.endsWith(required) ? { path: text.slice(0, -required.length).trim(), required: true } : text;
}

/** What a control holds as it is stored; null takes the key out of the file. Undefined when it is no such value. */
export function fromDraft(field: FieldKind, draft: string): unknown {
  const trimmed = draft.trim();
  if (field.kind === 'switch') return trimmed === 'true';
  if (field.kind === 'list') {
    return trimmed
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean)
      .map(draftItem);
  }
  if (trimmed === '') return null;
  if (field.kind !== 'number') return trimmed;
  const number = Number(trimmed);
  if (!Number.isFinite(number)) return undefined;
  // 0.1 minutes is 6,000 ms and not 6,000.000000001.
  return field.factor === undefined ? number : Math.round(number * field.factor);
}

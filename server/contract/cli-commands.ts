import type { SessionKey } from './ids.ts';
import type { RetentionRules } from './keeping.ts';

/** What a button of the console does, as arguments of `agentrail`. The command line's own parser reads each in a test. */
export const cliCommands = {
  sessionsRemove: (sessions: readonly SessionKey[]) => ['sessions', 'rm', ...sessions.map(placeOf)],
  sandboxesRemove: (ids: readonly string[]) => ['sandboxes', 'rm', ...ids],
  sandboxesClean: (ids: readonly string[], savesWorkspaces: boolean) => [
    ...['sandboxes', 'clean', '--apply'],
    ...(savesWorkspaces ? ['--save-workspaces'] : []),
    ...['--only', ...ids],
  ],
  retentionApply: ({ maxAgeDays, maxTotalBytes, maxLogDays, tenantId }: RetentionRules) => [
    ...['retention', 'apply'],
    ...(maxAgeDays === undefined ? [] : ['--days', String(maxAgeDays)]),
    ...(maxTotalBytes === undefined ? [] : ['--bytes', String(maxTotalBytes)]),
    ...(maxLogDays === undefined ? [] : ['--log-days', String(maxLogDays)]),
    ...(tenantId === undefined ? [] : ['--tenant', tenantId]),
  ],
  backupRemove: (name: string) => ['backup', 'rm', name],
  restore: (file: string) => ['restore', file, '--yes'],
  dataMove: (folder: string) => ['data', 'move', folder, '--yes'],
  dataReset: (keepSettings: boolean) => ['data', 'reset', '--yes', ...(keepSettings ? ['--keep-settings'] : [])],
  /** All that the integrity check finds. */
  quarantine: () => ['data', 'quarantine', '--yes'],
  tenantImport: (file: string) => ['tenants', 'import', file, '--merge', 'replace'],
  skillRemove: (name: string) => ['skills', 'rm', name],
  knowledgeRemove: ({ tenantId, kbId }: { tenantId: string; kbId: string }) => [
    ...['knowledge', 'rm', kbId, '--tenant', tenantId],
  ],
  oldCopyRemove: () => ['data', 'confirm-move', '--yes'],
  secretClear: (name: string, forget = false) => ['secrets', 'rm', name, ...(forget ? ['--forget'] : [])],
  tokenRevoke: (id: string) => ['tokens', 'revoke', id],
  memoryClear: ({ tenantId, userId }: { tenantId: string; userId: string }) => [
    ...['memory', 'clear', `${tenantId}/${userId}`],
  ],
  tenantErase: (tenantId: string, userId?: string) => [
    ...['tenants', 'erase', tenantId],
    ...(userId === undefined ? [] : ['--user', userId]),
    '--yes',
  ],
  serverStop: (isNow: boolean) => ['server', 'stop', ...(isNow ? ['--now'] : [])],
  serverRestart: (isNow: boolean) => ['server', 'restart', ...(isNow ? ['--now'] : [])],
};

/** The line to paste into a terminal. It names the data directory: a terminal may stand for another one. */
export function commandText(args: readonly string[], dataDir: string, platform: string): string {
  const quote = platform === 'win32' ? quoteForWindows : quoteForShell;
  // Before an option that takes a list, which would take it too.
  const at = args.includes('--only') ? args.indexOf('--only') : args.length;
  return ['agentrail', ...[...args.slice(0, at), '--data-dir', dataDir, ...args.slice(at)].map(quote)].join(' ');
}

function placeOf({ tenantId, userId, sessionId }: SessionKey): string {
  return `${tenantId}/${userId}/${sessionId}`;
}

function quoteForShell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Paths of Windows hold no double quotes, and nothing else here does. */
function quoteForWindows(text: string): string {
  return /^[\w@+=:,./\\-]+$/.test(text) ? text : `"${text}"`;
}

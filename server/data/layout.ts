import path from 'node:path';
import { idPattern } from '../contract/ids.ts';
import { AppError } from '../lib/app-error.ts';

/** The id itself when it may become part of a path. Throws AppError `invalid_id` (400). */
export function checkId(id: string, what: string): string {
  if (!idPattern.test(id)) {
    throw new AppError(
      'invalid_id',
      `The ${what} is not valid: it starts with a letter or digit and holds up to 128 letters, digits, dots, underscores and hyphens.`,
      { status: 400 },
    );
  }
  return id;
}

/** Every path below the data directory, in one place. Ids are checked before they reach a path. */
export interface DataLayout {
  readonly dataDir: string;
  readonly configFile: string;
  readonly vaultFile: string;
  readonly lockFile: string;
  /** Where the program that owns the data directory answers commands. */
  readonly runDir: string;
  readonly tenantsDir: string;
  readonly logsDir: string;
  readonly skillsDir: string;
  readonly backupsDir: string;
  readonly sandboxesDir: string;
  tenantDir(tenantId: string): string;
  sessionsDir(tenantId: string): string;
  session(tenantId: string, sessionId: string): SessionLayout;
  knowledgeBaseDir(tenantId: string, kbId: string): string;
  userMemoryFile(tenantId: string, userId: string): string;
  /** The workspace that is mounted in the session's container. */
  sandboxDir(tenantId: string, sessionId: string): string;
  /** Where workspaces lay before they were kept per tenant. */
  legacySandboxDir(sessionId: string): string;
  skillDir(name: string): string;
}

/** The files of one session. */
export interface SessionLayout {
  readonly dir: string;
  readonly stateFile: string;
  readonly messagesFile: string;
  readonly compactionsDir: string;
  readonly notesFile: string;
  readonly todoFile: string;
  readonly traceDir: string;
  readonly traceFile: string;
  readonly uploadsDir: string;
  readonly toolResultsDir: string;
  readonly subagentsDir: string;
  toolResultFile(toolCallId: string): string;
}

export function createDataLayout(dataDir: string): DataLayout {
  const at = (...parts: string[]): string => path.join(dataDir, ...parts);
  const tenantDir = (tenantId: string): string => at('tenants', checkId(tenantId, 'tenant id'));
  return {
    dataDir,
    configFile: at('agentrail.yaml'),
    vaultFile: at('vault.json'),
    lockFile: at('lock'),
    runDir: at('run'),
    tenantsDir: at('tenants'),
    logsDir: at('logs'),
    skillsDir: at('skills'),
    backupsDir: at('backups'),
    sandboxesDir: at('sandboxes'),
    tenantDir,
    sessionsDir: (tenantId) => path.join(tenantDir(tenantId), 'sessions'),
    session: (tenantId, sessionId) =>
      sessionLayout(path.join(tenantDir(tenantId), 'sessions', checkId(sessionId, 'session id'))),
    knowledgeBaseDir: (tenantId, kbId) =>
      path.join(tenantDir(tenantId), 'knowledge_bases', checkId(kbId, 'knowledge base id')),
    userMemoryFile: (tenantId, userId) =>
      path.join(tenantDir(tenantId), 'users', checkId(userId, 'user id'), 'USER.md'),
    sandboxDir: (tenantId, sessionId) =>
      at('sandboxes', checkId(tenantId, 'tenant id'), checkId(sessionId, 'session id')),
    legacySandboxDir: (sessionId) => at('sandboxes', checkId(sessionId, 'session id')),
    skillDir: (name) => at('skills', checkId(name, 'skill name')),
  };
}

/** The files of a session in a folder that is not, or not yet, its own. */
export function sessionLayout(dir: string): SessionLayout {
  const at = (...parts: string[]): string => path.join(dir, ...parts);
  return {
    dir,
    stateFile: at('session.jsonl'),
    messagesFile: at('messages.jsonl'),
    compactionsDir: at('messages.compactions'),
    notesFile: at('NOTES.md'),
    todoFile: at('TODO.md'),
    traceDir: at('trace'),
    traceFile: at('trace', 'events.jsonl'),
    uploadsDir: at('uploads'),
    toolResultsDir: at('tool-results'),
    subagentsDir: at('subagents'),
    toolResultFile: (toolCallId) => at('tool-results', `${checkId(toolCallId, 'tool call id')}.txt`),
  };
}

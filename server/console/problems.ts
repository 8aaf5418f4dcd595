import type { BackupSchedule } from '../contract/backups.ts';
import type { ConfigFault } from '../contract/config.ts';
import type { Problem } from '../contract/console-events.ts';
import type { EngineStatus, ImageStatus } from '../contract/sandbox.ts';
import type { SecretInfo, VaultStatus } from '../contract/secrets.ts';
import type { ServerState } from '../contract/server-state.ts';
import type { DiskUse } from './console-state.ts';
import type { ModelChoice } from './context.ts';

/** Codes of `Problem`; each has a sentence in both languages. */
export type ProblemCode =
  | 'server_failed'
  | 'vault_locked'
  | 'vault_damaged'
  | 'config_faults'
  | 'disk_low'
  | 'backup_failed'
  | 'no_model_key'
  | 'key_rejected'
  | 'engine_not_connected'
  | 'image_missing';

/** What problems are told from. */
export interface ProblemFacts {
  server: ServerState;
  engine: EngineStatus;
  image: ImageStatus;
  vault: VaultStatus;
  secrets: SecretInfo[];
  configFaults: ConfigFault[];
  models: ModelChoice[];
  disk: DiskUse | null;
  /** Why the last scheduled backup was not made. */
  backupProblem?: BackupSchedule['problem'];
}

type Found = Problem & { code: ProblemCode };

const lowDiskPct = 5;

/** Everything that a person should look at, worst first. A key file as vault backend is a choice, not a problem. */
export function findProblems(facts: ProblemFacts): Problem[] {
  const found = [
    ...serverProblems(facts.server),
    ...vaultProblems(facts.vault),
    ...configProblems(facts.configFaults),
    ...diskProblems(facts.disk),
    ...backupProblems(facts.backupProblem),
    ...keyProblems(facts.secrets),
    ...modelProblems(facts.models),
    ...engineProblems(facts.engine, facts.image),
  ];
  return [...found.filter((each) => each.severity === 'bad'), ...found.filter((each) => each.severity === 'warn')];
}

function serverProblems({ phase, fault }: ServerState): Found[] {
  if (phase !== 'failed') return [];
  const params = { code: fault?.code ?? 'internal', message: fault?.message ?? '' };
  return [{ code: 'server_failed', severity: 'bad', params, page: 'overview' }];
}

function vaultProblems({ state, problem }: VaultStatus): Found[] {
  if (state !== 'locked' && state !== 'damaged') return [];
  const code = state === 'locked' ? 'vault_locked' : 'vault_damaged';
  return [{ code, severity: 'bad', params: { problem: problem ?? '' }, page: 'secrets' }];
}

function configProblems(faults: ConfigFault[]): Found[] {
  const [first] = faults;
  if (!first) return [];
  const params = { count: String(faults.length), path: first.path, message: first.message };
  return [{ code: 'config_faults', severity: 'bad', params, page: 'settings' }];
}

function diskProblems(disk: DiskUse | null): Found[] {
  if (!disk || disk.totalBytes <= 0) return [];
  const freePct = (disk.freeBytes / disk.totalBytes) * 100;
  if (freePct >= lowDiskPct) return [];
  const params = { freeBytes: String(disk.freeBytes), freePct: freePct.toFixed(1) };
  return [{ code: 'disk_low', severity: 'bad', params, page: 'overview' }];
}

function backupProblems(problem: BackupSchedule['problem']): Found[] {
  if (!problem) return [];
  return [{ code: 'backup_failed', severity: 'bad', params: { message: problem.message }, page: 'data' }];
}

function keyProblems(secrets: SecretInfo[]): Found[] {
  return secrets
    .filter((secret) => secret.isSet && secret.lastResult?.outcome === 'rejected')
    .map(({ name }) => ({ code: 'key_rejected', severity: 'bad', params: { name }, page: 'secrets' }));
}

function modelProblems(models: ModelChoice[]): Found[] {
  const hasRealModel = models.some((model) => model.available && !model.id.startsWith('demo:'));
  return hasRealModel ? [] : [{ code: 'no_model_key', severity: 'warn', params: {}, page: 'secrets' }];
}

function engineProblems(engine: EngineStatus, image: ImageStatus): Found[] {
  // Not looked for yet is no problem yet.
  if (engine.state === 'unknown') return [];
  if (engine.state !== 'connected') {
    const params = { state: engine.state, problem: engine.problem ?? '' };
    return [{ code: 'engine_not_connected', severity: 'warn', params, page: 'sandboxes' }];
  }
  if (image.state !== 'missing') return [];
  return [{ code: 'image_missing', severity: 'warn', params: { reference: image.reference }, page: 'sandboxes' }];
}

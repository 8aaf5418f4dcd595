import { randomBytes } from 'node:crypto';
import type { ConfigManager } from '../config/config-manager.ts';
import type { ChecklistResult } from '../contract/checklist.ts';
import { AppError } from '../lib/app-error.ts';
import type { SecretsManager } from '../secrets/secrets-manager.ts';

const tokenBytes = 32;
const tokenName = 'UI_SECRET_TOKEN';
const logsDays = 30;
const backupHours = 24;

export interface FixMeans {
  config: Pick<ConfigManager, 'change'>;
  secrets: Pick<SecretsManager, 'get' | 'set'>;
}

/**
 * Carries out the fix that a result offers, with what the test found and never what a client says but for origins.
 * Throws AppError `fix_not_offered` (409), `token_from_environment` (409), and what settings and vault throw.
 */
export async function applyFix(
  result: ChecklistResult | undefined,
  origins: readonly string[] | undefined,
  { config, secrets }: FixMeans,
): Promise<void> {
  const value = result?.fixValue;
  switch (result?.fix) {
    case 'generate_token': {
      if (secrets.get(tokenName)?.origin === 'environment')
        throw refused('token_from_environment', `${tokenName} comes from the environment. Change it there.`);
      await secrets.set(tokenName, randomBytes(tokenBytes).toString('base64url'));
      return;
    }
    case 'pin_image':
      return change('sandbox.image', value);
    case 'set_idle_timeout':
      return change('sandbox.idleTimeoutMs', value === undefined ? undefined : Number(value));
    case 'set_origins':
      return change(
        'server.allowedOrigins',
        origins?.map((origin) => origin.replace(/\/$/, '')),
      );
    case 'set_log_retention':
      return change('retention.logsDays', logsDays);
    case 'set_log_level':
      return change('logging.level', 'info');
    case 'set_backup_schedule':
      return change('backup.everyHours', backupHours);
    default:
      throw notOffered();
  }

  async function change(path: string, to: unknown): Promise<void> {
    if (to === undefined) throw notOffered();
    await config.change({ [path]: to });
  }
}

function notOffered(): AppError {
  return refused('fix_not_offered', 'The last test offers no such fix. Test again, then look at what it says.');
}

function refused(code: string, message: string): AppError {
  return new AppError(code, message, { status: 409 });
}

import { expect, it } from 'vitest';
import type { ChecklistResult } from '../contract/checklist.ts';
import type { SecretInfo, SecretOrigin } from '../contract/secrets.ts';
import { applyFix } from './apply-fix.ts';

function result(fix: ChecklistResult['fix'], fixValue?: string): ChecklistResult {
  return {
    ...{ state: 'failed', code: 'disk_full', params: {}, evidence: [], testedAt: 1, durationMs: 1 },
    ...(fix !== undefined && { fix }),
    ...(fixValue !== undefined && { fixValue }),
  };
}

function means(origin?: SecretOrigin) {
  const done: Record<string, unknown> = {};
  return {
    done,
    config: {
      async change(change: Record<string, unknown>) {
        Object.assign(done, change);
        return { needsRestart: [] };
      },
    },
    secrets: {
      get: () => origin && { value: 'x', origin },
      async set(name: string, value: string): Promise<SecretInfo> {
        done[name] = value;
        return { name, group: 'server', isSet: true, shadowsVault: false, sources: [], versions: 1 };
      },
    },
  };
}

it('each fix changes one setting or secret, with what the test found', async () => {
  const at = means();
  await applyFix(result('generate_token'), undefined, at);
  await applyFix(result('pin_image', 'a@sha256:1'), undefined, at);
  await applyFix(result('set_idle_timeout', '600000'), undefined, at);
  await applyFix(result('set_origins'), ['https://app.example.com/'], at);
  await applyFix(result('set_log_retention'), undefined, at);
  await applyFix(result('set_log_level'), undefined, at);
  await applyFix(result('set_backup_schedule'), undefined, at);
  expect(at.done).toEqual({
    UI_SECRET_TOKEN: expect.stringMatching(/^[\w-]{43}$/),
    ...{ 'sandbox.image': 'a@sha256:1', 'sandbox.idleTimeoutMs': 600_000, 'retention.logsDays': 30 },
    ...{ 'server.allowedOrigins': ['https://app.example.com'], 'logging.level': 'info', 'backup.everyHours': 24 },
  });
});

it('no fix is carried out that the last test did not offer, and none that could have no effect', async () => {
  const at = means('environment');
  const refusal = { code: 'fix_not_offered', status: 409 };
  await expect(applyFix(undefined, undefined, at)).rejects.toMatchObject(refusal);
  await expect(applyFix(result(undefined), undefined, at)).rejects.toMatchObject(refusal);
  await expect(applyFix(result('open_secrets'), undefined, at)).rejects.toMatchObject(refusal);
  await expect(applyFix(result('pin_image'), undefined, at)).rejects.toMatchObject(refusal);
  await expect(applyFix(result('set_origins'), undefined, at)).rejects.toMatchObject(refusal);
  const shadowed = { code: 'token_from_environment', status: 409 };
  await expect(applyFix(result('generate_token'), undefined, at)).rejects.toMatchObject(shadowed);
  expect(at.done).toEqual({});
});

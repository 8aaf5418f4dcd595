import type { ConfigManager } from '../config/config-manager.ts';
import { splitPath } from '../config/setting-tree.ts';
import { createDeployExports, type DeployExports } from '../deploy/deploy-exports.ts';
import { createLastExports } from '../deploy/last-exports.ts';
import { systemClock } from '../lib/clock.ts';
import type { SandboxManager } from '../sandbox/sandbox.ts';
import type { SecretsManager } from '../secrets/secrets-manager.ts';

interface Parts {
  dataDir: string;
  config: ConfigManager;
  secrets: SecretsManager;
  sandboxes: Pick<SandboxManager, 'image'>;
}

/** Deployment files from the settings in force, with the names of the secrets that are set. */
export function openDeploy({ dataDir, config, secrets, sandboxes }: Parts, version: string): DeployExports {
  return createDeployExports({
    source: () => ({
      ...{ version, config: config.current(), values: config.values(), split: splitPath },
      redact: (text) => secrets.redactor.redact(text),
      secretNames: secrets.list().flatMap(({ name, isSet }) => (isSet ? [name] : [])),
    }),
    imageDigest: async () => (await sandboxes.image()).digest,
    last: createLastExports(dataDir),
    clock: systemClock,
  });
}

import type { SecretAct, SecretInfo } from '../contract/secrets.ts';
import { AppError } from '../lib/app-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import { planImport } from './env-file/plan-import.ts';
import { lastFourOf } from './last-four.ts';
import type { SecretsCare } from './secrets-manager.ts';
import type { Vault } from './vault.ts';

export interface SecretsCareParts {
  vault: Vault;
  logger: Logger;
  environment: (name: string) => string | undefined;
  environmentPassphrase: string | undefined;
  by?: string;
  /** Stores checked values in one write, and tells of it. */
  setAll(values: ReadonlyMap<string, string>, act: SecretAct): Promise<SecretInfo[]>;
  /** Tells that a secret is another one now. */
  changed(name: string): SecretInfo;
  tellAll(): void;
  /** What a test said of the value before. */
  resetResult(name: string): void;
  takePassphrase(passphrase: string): void;
  checkName(name: string): void;
}

export function createSecretsCare(parts: SecretsCareParts): SecretsCare {
  const { vault, logger, environment, environmentPassphrase, by } = parts;

  function plan(text: string) {
    return planImport(text, {
      inVault: (name) => vault.entries().get(name)?.value,
      isInEnvironment: (name) => Boolean(environment(name)?.trim()),
    });
  }

  return {
    history: (name) =>
      vault.history(name).map(({ value, ...version }) => {
        const lastFour = lastFourOf(value);
        return { ...version, ...(lastFour !== undefined && { lastFour }) };
      }),
    async rollBack(name, version) {
      parts.checkName(name);
      await vault.rollBack(name, version, by);
      parts.resetResult(name);
      logger.info('A secret was rolled back.', { name, version });
      return parts.changed(name);
    },
    previewImport: (text) => ({ entries: plan(text).map(({ value: _, ...entry }) => entry) }),
    async importEnv(text, names) {
      const wanted = new Set(names);
      const chosen = plan(text).flatMap(({ name, value }) =>
        name !== undefined && value !== undefined && wanted.has(name) ? [[name, value] as const] : [],
      );
      if (chosen.length === 0) {
        const message = 'Nothing of what was chosen can be taken over. Look at the preview again.';
        throw new AppError('nothing_to_import', message, { status: 400 });
      }
      return parts.setAll(new Map(chosen), 'import');
    },
    vault: async () => ({
      status: vault.status(),
      ...(await vault.report()),
      hasEnvironmentPassphrase: environmentPassphrase !== undefined,
    }),
    async changeBackend(backend, passphrase) {
      if (backend === 'passphrase') {
        if (environmentPassphrase !== undefined && passphrase !== undefined && passphrase !== environmentPassphrase) {
          const message =
            'AGENTRAIL_VAULT_PASSPHRASE holds another passphrase, which the next start would use. Choose the same one, or take the variable away first.';
          throw new AppError('passphrase_in_environment', message, { status: 409 });
        }
      }
      const phrase = backend === 'passphrase' ? (passphrase ?? environmentPassphrase) : undefined;
      const status = await vault.changeBackend(backend, phrase);
      if (phrase !== undefined) parts.takePassphrase(phrase);
      logger.info('The vault was encrypted anew.', { backend });
      return status;
    },
    async moveVaultAside() {
      const path = await vault.moveAside();
      logger.warn('The vault was moved away.', { path });
      parts.tellAll();
      return path;
    },
    async bringVaultBack(name) {
      const status = await vault.bringBack(name);
      logger.info('A vault was brought back.', { name, state: status.state });
      parts.tellAll();
      return status;
    },
    async removeVaultAside(name) {
      await vault.removeAside(name);
      logger.info('A vault that had been moved away was deleted.', { name });
    },
  };
}

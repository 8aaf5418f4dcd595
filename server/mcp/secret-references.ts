import type { McpServerSettings } from '../contract/mcp.ts';
import { secretNamePattern } from '../contract/secrets.ts';
import { AppError } from '../lib/app-error.ts';
import type { SecretSource } from '../secrets/secret-source.ts';

const reference = /\$\{([A-Za-z0-9_]+)\}/g;

function secretNames(values: Readonly<Record<string, string>> = {}): string[] {
  const names = Object.values(values).flatMap((value) =>
    Array.from(value.matchAll(reference), ([, name = '']) => name),
  );
  return [...new Set(names)].filter((name) => secretNamePattern.test(name));
}

/** Of all servers. */
export function mcpSecretNames(servers: Readonly<Record<string, McpServerSettings>>): string[] {
  return Object.values(servers).flatMap(({ env, headers }) => [...secretNames(env), ...secretNames(headers)]);
}

/**
 * The values with every `${NAME}` replaced by the secret of that name, as it is now. What is no possible name of a
 * secret stays as it stands. Throws AppError `mcp_secret_missing`.
 */
export function withSecrets(
  values: Readonly<Record<string, string>>,
  secrets: Pick<SecretSource, 'get'>,
): Record<string, string> {
  const lookUp = (whole: string, name: string) => {
    if (!secretNamePattern.test(name)) return whole;
    const secret = secrets.get(name);
    if (secret) return secret.value;
    throw new AppError('mcp_secret_missing', `The secret ${name} is not set. Set it on the Secrets page.`, {
      status: 409,
      details: { name },
    });
  };
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value.replace(reference, lookUp)]));
}

import type { McpServerSettings } from '../contract/mcp.ts';
import { AppError } from '../lib/app-error.ts';
import type { SecretSource } from '../secrets/secret-source.ts';

/** Settings hold no other text between these. */
const reference = /\$\{([^}]*)\}/g;

function secretNames(values: Readonly<Record<string, string>> = {}): string[] {
  const names = Object.values(values).flatMap((value) =>
    Array.from(value.matchAll(reference), ([, name = '']) => name),
  );
  return [...new Set(names)];
}

/** Of all servers. */
export function mcpSecretNames(servers: Readonly<Record<string, McpServerSettings>>): string[] {
  return Object.values(servers).flatMap(({ env, headers }) => [...secretNames(env), ...secretNames(headers)]);
}

/**
 * The values with every `${NAME}` replaced by the secret of that name, as it is now. Throws AppError
 * `mcp_secret_missing`.
 */
export function withSecrets(
  values: Readonly<Record<string, string>>,
  secrets: Pick<SecretSource, 'get'>,
): Record<string, string> {
  const lookUp = (_: string, name: string) => {
    const secret = secrets.get(name, 'mcp');
    if (secret) return secret.value;
    throw new AppError('mcp_secret_missing', `The secret ${name} is not set. Set it on the Secrets page.`, {
      status: 409,
      details: { name },
    });
  };
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value.replace(reference, lookUp)]));
}

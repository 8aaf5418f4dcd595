import type { SecretOrigin, SecretUser } from '../contract/secrets.ts';

export interface SecretValue {
  value: string;
  origin: SecretOrigin;
}

/** Where keys are read, at every use: a changed key is used by the next call. */
export interface SecretSource {
  /** The value in force, or undefined when it is not set anywhere. Marks it as used now when somebody uses it. */
  get(name: string, by?: SecretUser): SecretValue | undefined;
}

/** Takes live secret values out of text. */
export interface Redactor {
  /** The text with every live value (plain, base64, URL-encoded, JSON-escaped) replaced by `[redacted NAME]`. */
  redact(text: string): string;
}

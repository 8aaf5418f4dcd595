// A repeat that something has to follow ends where the next match could begin, so that no text takes quadratic time.
const patterns = [
  /\bsk-[A-Za-z0-9_-]{16,}/,
  /\bAKIA[0-9A-Z]{16}\b/,
  /\bgh[pousr]_[A-Za-z0-9]{20,}/,
  /\bgithub_pat_[A-Za-z0-9_]{20,}/,
  /\bxox[abprs]-[A-Za-z0-9-]{10,}/,
  /\bAIza[A-Za-z0-9_-]{30,}/,
  /\btvly-[A-Za-z0-9_-]{16,}/,
  /\bjina_[A-Za-z0-9_-]{20,}/,
  /\bart_[A-Za-z0-9_-]{20,}/,
  /\beyJ(?:[A-Za-z0-9_]|-(?!eyJ)){10,}\.eyJ[A-Za-z0-9_-]{10,}/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s:]*:[^/?#@\s]+@/i,
];

/** Whether a text looks like a key, a token or a URL with a password. */
export function looksLikeCredential(text: string): boolean {
  return patterns.some((pattern) => pattern.test(text));
}

const inText: [pattern: RegExp, replacement: string][] = [
  ...patterns.slice(0, -2).map(({ source }): [RegExp, string] => [new RegExp(`${source}[A-Za-z0-9_.-]*`, 'g'), mark()]),
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, mark()],
  [/([a-z][a-z0-9+.-]{0,31}:\/\/[^/?#@\s:"']*:)[^/?#@\s"']+@/gi, `$1${mark()}@`],
  [/(\bauthorization\b["'\s:=]+(?:bearer|basic)\s+)[^\s"',]+/gi, `$1${mark()}`],
];

function mark(): string {
  return '[redacted credential]';
}

/** The text without what looks like a credential, whoever it is of. */
export function maskCredentials(text: string): string {
  return inText.reduce((left, [pattern, replacement]) => left.replaceAll(pattern, replacement), text);
}

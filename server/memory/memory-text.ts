import { tellsCredential } from './credentials.ts';

const maxLineChars = 500;

export interface MemoryRules {
  maxBytes: number;
  redact(text: string): string;
}

/** What of a model's answer may be kept: headings and one fact or wish a line; nothing else, nothing twice. */
export function factsOf(answer: string, { redact }: Pick<MemoryRules, 'redact'>): string {
  const seen = new Set<string>();
  const lines = answer
    .split(/\r?\n/)
    .map((line) => line.replace(/\p{Cc}/gu, ' ').trimEnd())
    .map((line) => line.replace(/^\s*[*•+-]\s+/, '- '))
    .filter((line) => /^- \S/.test(line) || /^#{1,3} \S/.test(line))
    .filter((line) => line.length <= maxLineChars && isKeepable(line, redact))
    .filter((line) => !seen.has(line.toLowerCase()) && seen.add(line.toLowerCase()));
  const isHeading = (line: string | undefined) => line?.startsWith('#') ?? true;
  return asText(lines.filter((line, at) => !(isHeading(line) && isHeading(lines[at + 1]))));
}

/** Whether a line holds neither a stored secret nor what looks like one. */
export function isKeepable(line: string, redact: (text: string) => string): boolean {
  return redact(line) === line && !line.includes('[redacted ') && !tellsCredential(line);
}

/** Whole lines from the beginning, as many as fit. */
export function cutToBytes(text: string, maxBytes: number): string {
  const lines: string[] = [];
  let room = maxBytes;
  for (const line of text.trimEnd().split('\n')) {
    room -= Buffer.byteLength(line) + 1;
    if (room < 0) break;
    lines.push(line);
  }
  while (lines.at(-1)?.startsWith('#')) lines.pop();
  return asText(lines);
}

function asText(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

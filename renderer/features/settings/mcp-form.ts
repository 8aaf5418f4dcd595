/** What a person types about an MCP server, and the entry of the settings that is made of it. */

export interface McpDraft {
  name: string;
  kind: 'command' | 'url';
  commandLine: string;
  /** Lines of NAME=value. */
  env: string;
  url: string;
  /** Lines of Name: value. */
  headers: string;
}

export interface WrittenServer {
  command?: string;
  args?: string[];
  env?: Record<string, string>;
  url?: string;
  headers?: Record<string, string>;
}

export const emptyDraft: McpDraft = { name: '', kind: 'command', commandLine: '', env: '', url: '', headers: '' };

/** Whether there is enough to send; whether it is right is the server's to say. */
export function isComplete(draft: McpDraft): boolean {
  const what = draft.kind === 'command' ? draft.commandLine : draft.url;
  return draft.name.trim() !== '' && what.trim() !== '';
}

export function toServer(draft: McpDraft): WrittenServer {
  if (draft.kind === 'url') {
    const headers = readPairs(draft.headers, ':');
    return { url: draft.url.trim(), ...(Object.keys(headers).length > 0 && { headers }) };
  }
  const [command = '', ...args] = splitCommandLine(draft.commandLine);
  const env = readPairs(draft.env, '=');
  return { command, ...(args.length > 0 && { args }), ...(Object.keys(env).length > 0 && { env }) };
}

/** Words as a shell reads them, without anything else that shells do. An open quote ends with the line. */
export function splitCommandLine(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const letter = line.charAt(at);
    const next = line.charAt(at + 1);
    // Paths of Windows are full of backslashes that stand for themselves.
    const isEscape =
      letter === '\\' && quote !== "'" && (next === '"' || (quote === undefined && (next === ' ' || next === "'")));
    if (isEscape) {
      word = (word ?? '') + next;
      at += 1;
    } else if (quote !== undefined) {
      if (letter === quote) quote = undefined;
      else word += letter;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      word ??= '';
    } else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + letter;
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** Lines with a name, a mark and a value. A line without the mark is a name without a value, for the server to refuse. */
function readPairs(text: string, mark: string): Record<string, string> {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(mark);
      return at === -1 ? [line, ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    }),
  );
}

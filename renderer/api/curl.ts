interface CurlOptions {
  address: string;
  body: Record<string, unknown>;
  /** Files that go along, found where the command is run. */
  files?: readonly string[];
  /** The server asks for a token; it is named, never written out. */
  needsToken: boolean;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** The same request as a command for a terminal; its answer streams. */
export function curlCommand({ address, body, files = [], needsToken }: CurlOptions): string {
  const lines = [
    `curl -N ${quote(`${address}/api/stream`)}`,
    ...(files.length === 0 ? [`  -H 'Content-Type: application/json'`] : []),
    ...(needsToken ? [`  -H "Authorization: Bearer $UI_SECRET_TOKEN"`] : []),
    ...(files.length === 0 ? [`  -d ${quote(JSON.stringify(body))}`] : formLines(body, files)),
  ];
  return lines.join(' \\\n');
}

/** A harmless request with a named token, to see whether it is accepted. */
export function curlWithToken(address: string, token: string): string {
  return [`curl ${quote(`${address}/api/agents`)}`, `  -H ${quote(`Authorization: Bearer ${token}`)}`].join(' \\\n');
}

/** `-F` would take a leading @ or < of a message for a file, and ends names at a semicolon unless they are quoted. */
function formLines(body: Record<string, unknown>, files: readonly string[]): string[] {
  const fields = Object.entries(body).map(([name, value]) => `  --form-string ${quote(`${name}=${value}`)}`);
  return [...fields, ...files.map((name) => `  -F ${quote(`file=@"${name.replaceAll(/[\\"]/g, String.raw`\$&`)}"`)}`)];
}

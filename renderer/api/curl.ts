interface CurlOptions {
  address: string;
  body: Record<string, unknown>;
  /** The server asks for a token; it is named, never written out. */
  needsToken: boolean;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** The same request as a command for a terminal; its answer streams. */
export function curlCommand({ address, body, needsToken }: CurlOptions): string {
  const lines = [
    `curl -N ${quote(`${address}/api/stream`)}`,
    `  -H 'Content-Type: application/json'`,
    ...(needsToken ? [`  -H "Authorization: Bearer $UI_SECRET_TOKEN"`] : []),
    `  -d ${quote(JSON.stringify(body))}`,
  ];
  return lines.join(' \\\n');
}

/** A harmless request with a named token, to see whether it is accepted. */
export function curlWithToken(address: string, token: string): string {
  return [`curl ${quote(`${address}/api/agents`)}`, `  -H ${quote(`Authorization: Bearer ${token}`)}`].join(' \\\n');
}

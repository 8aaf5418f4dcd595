import { proxyAddress, type SystemProxy } from '../proxy-rules.ts';

/** `gsettings list-recursively org.gnome.system.proxy`: lines of schema, key and a value as GVariant text. */
export function parseGnome(output: string): SystemProxy | undefined {
  const values = new Map<string, string>();
  for (const line of output.split('\n')) {
    const [, schema = '', key = '', value = ''] =
      /^(org\.gnome\.system\.proxy\S*)\s+(\S+)\s+(.*?)\s*$/.exec(line) ?? [];
    if (schema !== '') values.set(`${schema.slice('org.gnome.system.proxy'.length)} ${key}`, value);
  }
  const mode = stringOf(values.get(' mode'));
  if (mode !== 'manual' && mode !== 'auto') return undefined;
  if (mode === 'auto') return { from: 'gnome', bypass: [], isScripted: true, isSocks: false };
  const at = (scheme: string) =>
    proxyAddress(stringOf(values.get(`.${scheme} host`)), numberOf(values.get(`.${scheme} port`)));
  const http = at('http');
  const https = at('https') ?? (values.get(' use-same-proxy') === 'true' ? http : undefined);
  return {
    from: 'gnome',
    ...(http !== undefined && { http }),
    ...(https !== undefined && { https }),
    bypass: listOf(values.get(' ignore-hosts') ?? ''),
    isScripted: false,
    isSocks: http === undefined && https === undefined && at('socks') !== undefined,
  };
}

const quoted = /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/g;

function stringOf(text = ''): string {
  const [, single, double] = new RegExp(`^(?:${quoted.source})$`).exec(text) ?? [];
  return (single ?? double ?? '').replace(/\\(.)/g, '$1').trim();
}

/** Numbers may carry their type: `uint32 8080`. */
function numberOf(text = ''): string {
  return /^(?:u?int\d+\s+)?(\d+)$/.exec(text)?.[1] ?? '';
}

/** `['localhost', '127.0.0.0/8']`, or `@as []`. */
function listOf(text: string): string[] {
  return [...text.matchAll(quoted)].map(([, single, double]) => (single ?? double ?? '').replace(/\\(.)/g, '$1'));
}

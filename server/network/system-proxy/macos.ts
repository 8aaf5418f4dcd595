import { proxyAddress, type SystemProxy } from '../proxy-rules.ts';

/** `scutil --proxy`: a dictionary with numbers, names and one list of exceptions. Undefined when there is no proxy. */
export function parseMacos(output: string): SystemProxy | undefined {
  const values = new Map<string, string>();
  const bypass: string[] = [];
  let list: string | undefined;
  for (const line of output.split('\n')) {
    const [, key = '', value = ''] = /^\s*([A-Za-z0-9_]+)\s*:\s*(.*?)\s*$/.exec(line) ?? [];
    if (line.trim() === '}') list = undefined;
    else if (value.startsWith('<array>')) list = key;
    else if (list === 'ExceptionsList' && /^\d+$/.test(key)) bypass.push(value);
    // Interfaces have dictionaries of their own further down; the first value is the one in force.
    else if (list === undefined && key !== '' && !values.has(key)) values.set(key, value);
  }
  const isOn = (key: string) => values.get(`${key}Enable`) === '1';
  const at = (key: string) =>
    isOn(key) ? proxyAddress(values.get(`${key}Proxy`) ?? '', values.get(`${key}Port`) ?? '') : undefined;
  const http = at('HTTP');
  const https = at('HTTPS');
  const isScripted = isOn('ProxyAutoConfig') || isOn('ProxyAutoDiscovery');
  const isSocks = http === undefined && https === undefined && at('SOCKS') !== undefined;
  if (http === undefined && https === undefined && !isScripted && !isSocks) return undefined;
  return {
    from: 'macos',
    ...(http !== undefined && { http }),
    ...(https !== undefined && { https }),
    bypass: [...bypass, ...(values.get('ExcludeSimpleHostnames') === '1' ? ['<local>'] : [])],
    isExact: true,
    isScripted,
    isSocks,
  };
}

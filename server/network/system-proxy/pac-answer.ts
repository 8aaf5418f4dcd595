import { proxyAddress } from '../proxy-rules.ts';

export type PacAnswer = { kind: 'direct' } | { kind: 'proxy'; url: string } | { kind: 'socks' };

/**
 * The first way of an answer such as `PROXY a:8080; DIRECT` that can be gone. Undefined for what is no such answer;
 * `socks` when there is no other way.
 */
export function parsePacAnswer(answer: string): PacAnswer | undefined {
  let hasSocks = false;
  for (const part of answer.split(';')) {
    const [, kind = '', host = '', port = ''] = /^\s*([A-Za-z0-9]+)(?:\s+(\S+?)(?::(\d{1,5}))?)?\s*$/.exec(part) ?? [];
    const name = kind.toUpperCase();
    if (name === 'DIRECT') return { kind: 'direct' };
    if (name === 'PROXY' || name === 'HTTP' || name === 'HTTPS') {
      const isSecure = name === 'HTTPS';
      const url = proxyAddress(host, port || (isSecure ? 443 : 80), isSecure ? 'https' : 'http');
      if (url !== undefined) return { kind: 'proxy', url };
    }
    hasSocks ||= name.startsWith('SOCKS') && host !== '';
  }
  return hasSocks ? { kind: 'socks' } : undefined;
}

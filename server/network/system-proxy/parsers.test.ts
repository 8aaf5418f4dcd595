import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseProxyUrl, proxyAddress, shownProxy } from '../proxy-rules.ts';
import { parseGnome } from './gnome.ts';
import { parseMacos } from './macos.ts';
import { parsePacAnswer } from './pac-answer.ts';
import { readSystemProxy } from './read-system-proxy.ts';
import { parseWindows } from './windows.ts';

/** `gsettings list-recursively org.gnome.system.proxy`. */
const gnome = (change: Record<string, string> = {}) => {
  const values: Record<string, string> = {
    ' autoconfig-url': "''",
    ' ignore-hosts': "['localhost', '127.0.0.0/8', '::1']",
    ' mode': "'manual'",
    ' use-same-proxy': 'true',
    '.ftp host': "''",
    '.ftp port': '0',
    '.http authentication-password': "''",
    '.http authentication-user': "''",
    '.http enabled': 'false',
    '.http host': "'proxy.example.com'",
    '.http port': '8080',
    '.http use-authentication': 'false',
    '.https host': "'secure.example.com'",
    '.https port': '8443',
    '.socks host': "''",
    '.socks port': '0',
    ...change,
  };
  return Object.entries(values)
    .map(([key, value]) => `org.gnome.system.proxy${key} ${value}`)
    .join('\n');
};

describe('the proxy of GNOME', () => {
  it('is read with its exceptions', () => {
    expect(parseGnome(gnome())).toEqual({
      from: 'gnome',
      http: 'http://proxy.example.com:8080',
      https: 'http://secure.example.com:8443',
      bypass: ['localhost', '127.0.0.0/8', '::1'],
      isScripted: false,
      isSocks: false,
    });
  });

  it('is the one of http where the other is empty', () => {
    expect(parseGnome(gnome({ '.https host': "''" }))?.https).toBe('http://proxy.example.com:8080');
    expect(parseGnome(gnome({ '.https host': "''", ' use-same-proxy': 'false' }))?.https).toBeUndefined();
  });

  it('is none in the mode none, a script in the mode auto, and SOCKS when there is nothing else', () => {
    expect(parseGnome(gnome({ ' mode': "'none'" }))).toBeUndefined();
    expect(parseGnome(gnome({ ' mode': "'auto'" }))).toMatchObject({ isScripted: true, bypass: [] });
    const socks = { '.http host': "''", '.https host': "''", '.socks host': "'s.test'", '.socks port': 'uint32 1080' };
    expect(parseGnome(gnome(socks))).toMatchObject({ isSocks: true });
  });

  it('takes names with quotes apart', () => {
    expect(parseGnome(gnome({ ' ignore-hosts': `["a'b", 'c\\'d']` }))?.bypass).toEqual(["a'b", "c'd"]);
    expect(parseGnome(gnome({ ' ignore-hosts': '@as []' }))?.bypass).toEqual([]);
    expect(parseGnome(gnome({ '.http host': "'a b'" }))?.http).toBeUndefined();
  });
});

const scutil = `<dictionary> {
  ExceptionsList : <array> {
    0 : *.local
    1 : 169.254/16
  }
  ExcludeSimpleHostnames : 1
  FTPPassive : 1
  HTTPEnable : 1
  HTTPPort : 3128
  HTTPProxy : proxy.example.com
  HTTPSEnable : 1
  HTTPSPort : 3129
  HTTPSProxy : proxy.example.com
  ProxyAutoConfigEnable : 0
  SOCKSEnable : 0
  __SCOPED__ : <dictionary> {
    en0 : <dictionary> {
      HTTPProxy : other.example.com
      HTTPEnable : 1
    }
  }
}
`;

describe('the proxy of a Mac', () => {
  it('is read with its exceptions, and not that of one interface', () => {
    expect(parseMacos(scutil)).toEqual({
      from: 'macos',
      http: 'http://proxy.example.com:3128',
      https: 'http://proxy.example.com:3129',
      bypass: ['*.local', '169.254/16', '<local>'],
      isExact: true,
      isScripted: false,
      isSocks: false,
    });
  });

  it('is none when nothing is on', () => {
    expect(parseMacos('<dictionary> {\n  FTPPassive : 1\n}\n')).toBeUndefined();
    expect(parseMacos(scutil.replaceAll('Enable : 1', 'Enable : 0'))).toBeUndefined();
  });

  it('tells a script and SOCKS', () => {
    const off = scutil.replaceAll('Enable : 1', 'Enable : 0');
    expect(parseMacos(off.replace('ProxyAutoConfigEnable : 0', 'ProxyAutoConfigEnable : 1'))?.isScripted).toBe(true);
    const socks = 'SOCKSEnable : 1\n  SOCKSProxy : s.test\n  SOCKSPort : 1080';
    expect(parseMacos(off.replace('SOCKSEnable : 0', socks))?.isSocks).toBe(true);
  });
});

const registry = (values: string) =>
  `\r\nHKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\r\n    User Agent    REG_SZ    Mozilla/4.0\r\n${values}\r\n\r\n`;

describe('the proxy of Windows', () => {
  it('is read with its exceptions', () => {
    const text = registry(
      '    ProxyEnable    REG_DWORD    0x1\r\n    ProxyServer    REG_SZ    proxy.example.com:8080\r\n    ProxyOverride    REG_SZ    *.local;192.168.*;<local>',
    );
    expect(parseWindows(text)).toEqual({
      from: 'windows',
      http: 'http://proxy.example.com:8080',
      https: 'http://proxy.example.com:8080',
      bypass: ['*.local', '192.168.*', '<local>'],
      isExact: true,
      isScripted: false,
      isSocks: false,
    });
  });

  it('differs by scheme where it says so', () => {
    const text = registry(
      '    ProxyEnable    REG_DWORD    0x1\r\n    ProxyServer    REG_SZ    http=a.test:80;https=b.test:443;socks=c.test:1080',
    );
    expect(parseWindows(text)).toMatchObject({ http: 'http://a.test', https: 'http://b.test:443', isSocks: false });
    const socks = registry('    ProxyEnable    REG_DWORD    0x1\r\n    ProxyServer    REG_SZ    socks=c.test:1080');
    expect(parseWindows(socks)).toMatchObject({ isSocks: true });
  });

  it('is none when it is off, and a script where one is set', () => {
    const off = '    ProxyEnable    REG_DWORD    0x0\r\n    ProxyServer    REG_SZ    proxy.example.com:8080';
    expect(parseWindows(registry(off))).toBeUndefined();
    const scripted = `${off}\r\n    AutoConfigURL    REG_SZ    http://wpad/wpad.dat`;
    expect(parseWindows(registry(scripted))).toMatchObject({ isScripted: true });
  });
});

describe('what a browser says of an address', () => {
  it.each([
    ['DIRECT', { kind: 'direct' }],
    ['PROXY a.test:8080; DIRECT', { kind: 'proxy', url: 'http://a.test:8080' }],
    ['HTTPS a.test', { kind: 'proxy', url: 'https://a.test:443' }],
    ['PROXY [2001:db8::1]:3128', { kind: 'proxy', url: 'http://[2001:db8::1]:3128' }],
    ['SOCKS5 s.test:1080; PROXY a.test:1', { kind: 'proxy', url: 'http://a.test:1' }],
    ['SOCKS s.test:1080', { kind: 'socks' }],
    ['SOCKS5 s.test:1080;DIRECT', { kind: 'direct' }],
    ['', undefined],
    ['PROXY ;', undefined],
    ['PROXY a.test:99999', undefined],
  ])('%s', (answer, expected) => {
    expect(parsePacAnswer(answer)).toEqual(expected);
  });
});

/** Lines that look like those of the programs, with anything in their places. */
const hostile = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        ...['org.gnome.system.proxy mode ', 'org.gnome.system.proxy.http host ', 'org.gnome.system.proxy.http port '],
        ...['  HTTPProxy : ', '  HTTPPort : ', '  HTTPEnable : ', '  ExceptionsList : <array> {', '    0 : '],
        ...['    ProxyServer    REG_SZ    ', '    ProxyEnable    REG_DWORD    ', 'PROXY ', 'HTTPS ', ''],
      ),
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.constantFrom("'manual'", '1', '0x1', "'a.test'", '8080', 'user:pw@a.test:80', '}'),
      ),
    ),
    { maxLength: 12 },
  )
  .map((lines) => lines.map((parts) => parts.join('')).join('\n'));

it('programs that answer anything never break a parser, nor lead to what is no proxy', () => {
  fc.assert(
    fc.property(hostile, (output) => {
      for (const parse of [parseGnome, parseMacos, parseWindows]) {
        const found = parse(output);
        for (const text of [found?.http, found?.https]) {
          if (text === undefined) continue;
          const url = parseProxyUrl(text);
          expect(url && `${url.username}${url.password}${url.search}${url.pathname}`).toBe('/');
        }
      }
      const answer = parsePacAnswer(output);
      if (answer?.kind === 'proxy') expect(parseProxyUrl(answer.url)?.pathname).toBe('/');
    }),
    { numRuns: 400 },
  );
});

it('addresses are hosts with a port, and are shown without who signs in', () => {
  expect(proxyAddress('a.test', 0)).toBeUndefined();
  expect(proxyAddress('a.test@b.test', 80)).toBeUndefined();
  expect(proxyAddress('a/b', 80)).toBeUndefined();
  expect(parseProxyUrl('proxy.test:3128')?.origin).toBe('http://proxy.test:3128');
  expect(parseProxyUrl('socks5://proxy.test:1080')).toBeUndefined();
  expect(shownProxy('http://me:secret@proxy.test:3128')).toBe('http://proxy.test:3128');
});

it('a machine without such a program has no proxy', async () => {
  expect(await readSystemProxy({ platform: 'linux', environment: { PATH: '/nowhere' } })).toBeUndefined();
});

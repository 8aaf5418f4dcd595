import { afterEach, describe, expect, test } from 'vitest';
import { kindOfAddress } from '../../../lib/ip-addresses.ts';
import { faultOf } from './testing/recording.ts';
import { createTestWeb, page, type TestWeb, type TestWebOptions } from './testing/test-web.ts';

let web: TestWeb | undefined;

async function setUp(options: TestWebOptions = {}, handler = page('<p>Hello')) {
  web = await createTestWeb(handler, options);
  return web;
}

afterEach(async () => {
  await web?.close();
  web = undefined;
});

const refused: Record<string, readonly string[]> = {
  address_refused: [
    // This machine, in every spelling.
    'http://127.0.0.1/',
    'http://127.0.0.1.:80/',
    'http://127.1/',
    'http://127.0.1/',
    'http://127.255.255.254/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.0.0.1/',
    'http://0X7F.0x0.0x0.0x1/',
    'http://0177.0.0.1/',
    'http://017700000001/',
    'http://00000177.0.0.1/',
    'http://%31%32%37.0.0.1/',
    'http://１２７.０.０.１/',
    'http://①②⑦.⓪.⓪.①/',
    'http://127。0。0。1/',
    'http:\\\\127.0.0.1\\',
    'http:///127.0.0.1/',
    'http:127.0.0.1',
    'ht\ntp://127.0.\t0.1/',
    'http://0/',
    'http://0.0.0.0/',
    'http://0x0/',
    'http://[::1]/',
    'http://[0:0:0:0:0:0:0:1]/',
    'http://[::]/',
    'http://localhost/',
    'http://LOCALHOST/',
    'http://localhost./',
    'http://ｌｏｃａｌｈｏｓｔ/',
    'http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/',
    'http://a.b.localhost/',
    'https://localhost/',
    // Private networks.
    'http://10.0.0.1/',
    'http://10.255.255.255/',
    'http://167772161/',
    'http://172.16.0.1/',
    'http://172.31.255.255/',
    'http://0xac.0x10.0x0.0x1/',
    'http://192.168.0.1/',
    'http://192.168.1/',
    'http://3232235777/',
    'http://0300.0250.1.1/',
    'http://100.64.0.1/',
    'http://100.127.255.254/',
    'http://[fc00::1]/',
    'http://[fd12:3456:789a::1]/',
    'http://[fec0::1]/',
    'http://router/',
    'http://intranet./',
    'http://printer.local/',
    'http://db.internal/',
    'http://nas.home.arpa/',
    'http://fritz.lan/',
    'http://wiki.corp/',
    // Link-local and the metadata services of clouds.
    'http://169.254.169.254/latest/meta-data/',
    'http://169.254.1.1/',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://0251.0376.0251.0376/',
    'http://[fe80::1]/',
    'http://[febf::1]/',
    'http://[fd00:ec2::254]/',
    'http://168.63.129.16/',
    'http://100.100.100.200/',
    'http://192.0.0.192/',
    'http://metadata.google.internal/',
    'http://METADATA.GOOGLE.INTERNAL./',
    'http://metadata.goog/',
    'http://metadata/',
    'http://metadata.tencentyun.com/',
    'http://instance-data/',
    // IPv4 inside IPv6.
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[0:0:0:0:0:ffff:a9fe:a9fe]/',
    'http://[::ffff:8.8.8.8]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::127.0.0.1]/',
    'http://[64:ff9b::808:808]/',
    'http://[64:ff9b:1::a00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[2001:0:53aa:64c:0:0:80ff:fffe]/',
    // For nobody.
    'http://192.0.2.1/',
    'http://198.18.0.1/',
    'http://198.51.100.7/',
    'http://203.0.113.9/',
    'http://192.88.99.1/',
    'http://224.0.0.1/',
    'http://239.255.255.250/',
    'http://240.0.0.1/',
    'http://255.255.255.255/',
    'http://[ff02::1]/',
    'http://[2001:db8::1]/',
    'http://[100::1]/',
    'http://[4000::1]/',
    // An odd spelling of a public address is no honest address either.
    'http://134744072/',
    'http://0x08.0x08.0x08.0x08/',
    'http://8.8.2056/',
  ],
  credentials_refused: [
    'http://user@example.com/',
    'http://user:pass@example.com/',
    'https://example.com@10.0.0.1/',
    'http://:x@127.0.0.1/',
  ],
  scheme_refused: [
    'file:///etc/passwd',
    'ftp://example.com/',
    'gopher://127.0.0.1:6379/_INFO',
    'data:text/html,hi',
    'javascript:alert(1)',
    'ws://example.com/',
    'app://console/',
    'view-source:http://example.com/',
    'about:blank',
  ],
  port_refused: [
    'http://example.com:22/',
    'http://example.com:6379/',
    'https://example.com:8443/',
    'http://8.8.8.8:3000/',
    'http://example.com:1/',
  ],
  invalid_url: [
    'example.com',
    '//example.com/',
    '/etc/passwd',
    'http://',
    'http://exa mple.com/',
    'http://example.com:99999/',
    'http://1.2.3.4.5/',
    'http://256.1.1.1/',
    'http://0x1ffffffff/',
    'http://[::1/',
    'http://[::1%25eth0]/',
    'http://a%00b.example/',
    'http://%zz/',
  ],
};

describe.each(Object.entries(refused))('%s', (code, urls) => {
  test.each(urls)('%j', async (url) => {
    const { fetch, lookups, dialled } = await setUp();
    expect((await faultOf(fetch(url))).code).toBe(code);
    expect([...lookups, ...dialled]).toEqual([]);
  });
});

describe('addresses that are on the public internet are fetched', () => {
  test.each([
    ['http://example.com/', '93.184.216.34 80'],
    ['http://example.com./x', '93.184.216.34 80'],
    ['http://EXAMPLE.com:80/', '93.184.216.34 80'],
    ['http://example.com:443/', '93.184.216.34 443'],
    ['http://8.8.8.8/', '8.8.8.8 80'],
    ['http://1.1.1.1/', '1.1.1.1 80'],
    ['http://9.255.255.255/', '9.255.255.255 80'],
    ['http://11.0.0.0/', '11.0.0.0 80'],
    ['http://172.15.255.255/', '172.15.255.255 80'],
    ['http://172.32.0.0/', '172.32.0.0 80'],
    ['http://192.167.255.255/', '192.167.255.255 80'],
    ['http://192.169.0.0/', '192.169.0.0 80'],
    ['http://100.63.255.255/', '100.63.255.255 80'],
    ['http://100.128.0.0/', '100.128.0.0 80'],
    ['http://169.253.255.255/', '169.253.255.255 80'],
    ['http://126.255.255.255/', '126.255.255.255 80'],
    ['http://128.0.0.1/', '128.0.0.1 80'],
    ['http://223.255.255.255/', '223.255.255.255 80'],
    ['http://[2606:4700:4700::1111]/', '2606:4700:4700::1111 80'],
    ['http://[2001:4860:4860::8888]/', '2001:4860:4860::8888 80'],
    ['http://例子.中国/页?问=答#部', '93.184.216.34 80'],
    ['http://bücher.example/', '93.184.216.34 80'],
    ['http://localhost.example.com/', '93.184.216.34 80'],
    ['http://127.0.0.1.example.com/', '93.184.216.34 80'],
    ['http://internal.example.com/', '93.184.216.34 80'],
    ['http://example.com/?next=http://127.0.0.1/', '93.184.216.34 80'],
    ['http://example.com/@127.0.0.1', '93.184.216.34 80'],
  ])('%s', async (url, where) => {
    const { fetch, dialled } = await setUp();
    expect((await fetch(url)).text).toContain('Hello');
    expect(dialled).toEqual([where]);
  });
});

describe('a name', () => {
  test.each([
    ['one private address', ['10.0.0.1']],
    ['this machine', ['127.0.0.1']],
    ['this machine over IPv6', ['::1']],
    ['a public and a private address', ['93.184.216.34', '192.168.0.1']],
    ['a private and a public address', ['fd00::1', '2606:4700::1']],
    ['the metadata service', ['169.254.169.254']],
    ['a mapped address', ['::ffff:10.0.0.1']],
    ['a NAT64 address of a private one', ['64:ff9b::a00:1']],
    ['a link-local address with a zone', ['fe80::1%eth0']],
    ['nonsense', ['not-an-address']],
  ])('that leads to %s is refused without a connection', async (_, addresses) => {
    const { fetch, dialled } = await setUp({ names: { 'evil.example': [addresses] } });
    const fault = await faultOf(fetch('http://evil.example/'));
    expect(fault.code).toBe('address_refused');
    for (const address of addresses) expect(fault.message).not.toContain(address);
    expect(dialled).toEqual([]);
  });

  test('is looked up once: what it leads to afterwards does not matter', async () => {
    const { fetch, dialled, lookups } = await setUp({
      names: { 'rebind.example': [['93.184.216.34'], ['127.0.0.1']] },
    });
    expect((await fetch('http://rebind.example/')).text).toContain('Hello');
    expect(dialled).toEqual(['93.184.216.34 80']);
    expect(lookups).toEqual(['rebind.example']);
    // The next page is a new look-up, and that one is refused.
    expect((await faultOf(fetch('http://rebind.example/2'))).code).toBe('address_refused');
  });

  test('that a network without IPv4 also gives as NAT64 is reached by its own address', async () => {
    const { fetch, dialled } = await setUp({ names: { 'six.example': [['64:ff9b::5db8:d822', '93.184.216.34']] } });
    await fetch('http://six.example/');
    expect(dialled).toEqual(['93.184.216.34 80']);
  });

  test('that nobody knows is told as such', async () => {
    const { fetch } = await setUp({ names: { 'gone.example': [[]] } });
    expect((await faultOf(fetch('http://gone.example/'))).code).toBe('host_not_found');
  });
});

describe('a redirect', () => {
  /** `/to?<url>` leads there, `/n` to `/n-1`, everything else is a page. */
  const redirecting: Parameters<typeof createTestWeb>[0] = (incoming, outgoing) => {
    const url = incoming.url ?? '';
    const count = Number(/^\/(\d+)$/.exec(url)?.[1] ?? 0);
    const location = url.startsWith('/to?')
      ? decodeURIComponent(url.slice(4))
      : count > 0
        ? `/${count - 1}`
        : undefined;
    if (location === undefined) return page('<p>Arrived')(incoming, outgoing);
    outgoing.writeHead(302, { location: Buffer.from(location).toString('latin1') }).end('moved');
  };
  const leadTo = (target: string) => `http://start.example/to?${encodeURIComponent(target)}`;

  test.each([
    ['http://127.0.0.1/', 'address_refused'],
    ['//127.0.0.1/', 'address_refused'],
    ['http://2130706433/', 'address_refused'],
    ['//0x7f.1/', 'address_refused'],
    ['http://[::1]/', 'address_refused'],
    ['http://localhost/', 'address_refused'],
    ['http://metadata.google.internal/', 'address_refused'],
    ['http://www.start.example/', 'address_refused'],
    ['http://user:pass@example.com/', 'credentials_refused'],
    ['http://example.com:6379/', 'port_refused'],
    ['file:///etc/passwd', 'scheme_refused'],
    ['gopher://example.com/', 'scheme_refused'],
    ['http://', 'invalid_url'],
  ])('to %s is refused', async (target, code) => {
    const { fetch, requests } = await setUp({ names: { 'www.start.example': [['10.1.2.3']] } }, redirecting);
    expect((await faultOf(fetch(leadTo(target)))).code).toBe(code);
    expect(requests).toHaveLength(1);
  });

  test.each([
    ['http://www.start.example/x', 'www.start.example /x'],
    ['http://start.example:443/x', 'start.example:443 /x'],
    ['/relative', 'start.example /relative'],
    ['../up', 'start.example /up'],
    ['//start.example./y', 'start.example. /y'],
    ['/路径', 'start.example /%E8%B7%AF%E5%BE%84'],
  ])('to %s is followed', async (target, request) => {
    const { fetch, requests } = await setUp({}, redirecting);
    const { details, text } = await fetch(leadTo(target));
    expect(requests.at(-1)).toBe(request);
    expect(text).toContain('Arrived');
    expect(details).toMatchObject({ url: `http://${request.replace(' ', '')}` });
  });

  test.each(['http://other.example/x', '//third.example/y', 'http://8.8.8.8/', 'https://sub.start.example/'])(
    'to another host, %s, is told and needs a call of its own',
    async (target) => {
      const { fetch, requests, lookups } = await setUp({}, redirecting);
      const fault = await faultOf(fetch(leadTo(target)));
      const { href } = new URL(target, 'http://start.example');
      expect(fault).toMatchObject({ code: 'redirect_elsewhere', details: { url: href } });
      expect(fault.message).toContain(href);
      expect(requests).toHaveLength(1);
      expect(lookups).toEqual(['start.example']);
    },
  );

  test('is followed five times and not a sixth', async () => {
    const { fetch, requests } = await setUp({}, redirecting);
    expect((await fetch('http://start.example/5')).text).toContain('Arrived');
    expect((await faultOf(fetch('http://start.example/6'))).code).toBe('too_many_redirects');
    expect(requests).toHaveLength(12);
  });

  test('to a name that rebinds is judged by what the name leads to then', async () => {
    const names = { 'start.example': [['93.184.216.34'], ['127.0.0.1']] };
    const { fetch, requests } = await setUp({ names }, redirecting);
    expect((await faultOf(fetch('http://start.example/1'))).code).toBe('address_refused');
    expect(requests).toHaveLength(1);
  });
});

test('no address of a reserved range is public', () => {
  const ranges = ['0', '10', '127', ...Array.from({ length: 32 }, (_, index) => String(224 + index))];
  for (const first of ranges) expect(kindOfAddress(`${first}.1.2.3`), first).not.toBe('public');
  for (const other of ['', 'x', '1.2.3', '::g', '1.2.3.4 ', '٣.1.1.1']) expect(kindOfAddress(other)).toBe('reserved');
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalHost, matchesPattern, parseHostAndPort, parseHostPattern } from './host-pattern.ts';

const allows = (entry: string, target: string): boolean => {
  const pattern = parseHostPattern(entry);
  const asked = parseHostAndPort(target);
  return pattern !== undefined && asked !== undefined && matchesPattern(pattern, asked);
};
const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/);
const domain = fc.array(name, { minLength: 2, maxLength: 4 }).map((parts) => `${parts.join('.')}.org`);

describe('an entry of the list', () => {
  it.each([
    ['pypi.org', 'pypi.org:443'],
    ['pypi.org', 'pypi.org:80'],
    ['pypi.org:443', 'PyPI.org:443'],
    ['pypi.org:443', 'pypi.org.:443'],
    ['PYPI.org.:443', 'pypi.org:443'],
    ['*.example.org', 'registry.example.org:443'],
    ['*.example.org', 'a.b.example.org:443'],
    ['git.example.com:22', 'git.example.com:22'],
    ['bücher.example', 'xn--bcher-kva.example:443'],
    ['xn--bcher-kva.example', 'BÜCHER.example:443'],
    ['10.0.0.5:8080', '10.0.0.5:8080'],
    ['10.0.0.5:8080', '0x0a000005:8080'],
    ['[2001:db8::1]:443', '[2001:0db8:0:0::1]:443'],
    ['2001:db8::1', '[2001:db8::1]:443'],
  ])('%s allows %s', (entry, target) => {
    expect(allows(entry, target)).toBe(true);
  });

  it.each([
    ['pypi.org', 'pypi.org:22'],
    ['pypi.org:443', 'pypi.org:80'],
    ['pypi.org', 'files.pypi.org:443'],
    ['pypi.org', 'pypi.org.evil.example:443'],
    ['*.example.org', 'example.org:443'],
    ['*.example.org', 'evilexample.org:443'],
    ['*.example.org', 'registry.example.org.evil.example:443'],
    ['pypi.org', 'рypi.org:443'],
    ['10.0.0.5', '10.0.0.50:443'],
  ])('%s does not allow %s', (entry, target) => {
    expect(allows(entry, target)).toBe(false);
  });

  it.each([
    ...['', '*', '*.com', '*.*.org', 'a*.org', '*.10.0.0.1', 'http://pypi.org', 'pypi.org/simple', 'user@pypi.org'],
    ...['pypi.org:', 'pypi.org:0', 'pypi.org:65536', 'pypi.org:https', 'a b.org', 'a..org', '-a.org', '%70ypi.org'],
    ...['[pypi.org]', '[::1', '::1]:80', 'a\u0000.org', `${'a'.repeat(64)}.org`, `${'a.'.repeat(130)}org`],
  ])('cannot be %j', (entry) => {
    expect(parseHostPattern(entry)).toBeUndefined();
  });

  it('for a name allows that name and nothing longer or shorter', () => {
    fc.assert(
      fc.property(domain, domain, (listed, asked) => {
        expect(allows(listed, `${asked}:443`)).toBe(listed === asked);
      }),
    );
    fc.assert(
      fc.property(domain, name, (listed, more) => {
        expect(allows(listed, `${more}.${listed}:443`)).toBe(false);
        expect(allows(`*.${listed}`, `${more}.${listed}:443`)).toBe(true);
        expect(allows(`*.${listed}`, `${listed}:443`)).toBe(false);
        expect(allows(`*.${listed}`, `${more}${listed}:443`)).toBe(false);
      }),
    );
  });

  it('with a port allows that port alone', () => {
    fc.assert(
      fc.property(
        domain,
        fc.integer({ min: 1, max: 65_535 }),
        fc.integer({ min: 1, max: 65_535 }),
        (host, one, other) => {
          expect(allows(`${host}:${one}`, `${host}:${other}`)).toBe(one === other);
        },
      ),
    );
  });
});

describe('the one spelling of a host', () => {
  it('is its own spelling, whatever came in', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.domain(), fc.ipV4(), fc.ipV6(), fc.string({ unit: 'binary' })), (text) => {
        const host = canonicalHost(text);
        if (host === undefined) return;
        expect(canonicalHost(host)).toBe(host);
        expect(host).toMatch(/^[a-z0-9_.:-]+$/);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['127.1', '127.0.0.1'],
    ['2130706433', '127.0.0.1'],
    ['0177.0.0.1', '127.0.0.1'],
    ['[::FFFF:127.0.0.1]', '::ffff:7f00:1'],
    ['EXAMPLE.com.', 'example.com'],
    ['example。com', 'example.com'],
  ])('makes %s to %s', (text, host) => {
    expect(canonicalHost(text)).toBe(host);
  });

  it('keeps the colons of an address apart from a port', () => {
    expect(parseHostAndPort('[::1]:80')).toEqual({ host: '::1', port: 80 });
    for (const text of ['::1:80', '::1', 'a:b:1', 'a', 'a:', ':1', 'a:1:'])
      expect(parseHostAndPort(text)).toBeUndefined();
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isBypassed, isThisMachine } from './bypass.ts';

const at = (host: string, port = '') => new URL(`https://${host.includes(':') ? `[${host}]` : host}${port}/`);

describe('exceptions of a proxy', () => {
  it.each([
    ['example.com', 'example.com', true],
    ['example.com', 'www.example.com', true],
    ['example.com', 'badexample.com', false],
    ['.example.com', 'www.example.com', true],
    ['.example.com', 'example.com', true],
    ['*.example.com', 'www.example.com', true],
    ['*.example.com', 'example.com', false],
    ['Example.COM', 'www.example.com', true],
    ['*', 'anything.test', true],
    ['<local>', 'printer', true],
    ['<local>', 'printer.test', false],
    ['<local>', '10.0.0.1', false],
    ['192.168.*', '192.168.7.9', true],
    ['192.168.*', '192.169.7.9', false],
    ['*corp*', 'intra.corp.test', true],
    ['10.0.0.0/8', '10.200.1.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.0/8', 'ten.test', false],
    ['169.254/16', '169.254.3.4', true],
    ['fe80::/10', 'fe80::1', true],
    ['10.0.0.0/99', '10.0.0.1', false],
    ['10.0.0.1', '10.0.0.1', true],
    ['10.0.0.1', '10.0.0.11', false],
    ['[2001:db8::1]', '2001:db8::1', true],
    ['2001:db8::1', '2001:db8::1', true],
    ['http://example.com', 'example.com', true],
    ['', 'example.com', false],
    ['example.com.', 'example.com', false],
  ])('%s and %s', (entry, host, expected) => {
    expect(isBypassed(at(host), { bypass: [entry] })).toBe(expected);
  });

  it('hold for one port when they name it', () => {
    const entries = { bypass: ['example.com:8443', '[2001:db8::1]:443'] };
    expect(isBypassed(at('example.com', ':8443'), entries)).toBe(true);
    expect(isBypassed(at('example.com'), entries)).toBe(false);
    expect(isBypassed(at('2001:db8::1'), entries)).toBe(true);
    expect(isBypassed(at('2001:db8::1', ':444'), entries)).toBe(false);
  });

  it('mean a bare name alone where the system says so', () => {
    expect(isBypassed(at('www.example.com'), { bypass: ['example.com'], isExact: true })).toBe(false);
    expect(isBypassed(at('example.com'), { bypass: ['example.com'], isExact: true })).toBe(true);
  });

  it('never throw, whatever stands there, and a list of nothing holds nobody', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 8 }),
        fc.domain(),
        (bypass, host) => {
          expect(typeof isBypassed(new URL(`https://${host}/`), { bypass })).toBe('boolean');
          expect(isBypassed(new URL(`https://${host}/`), { bypass: [] })).toBe(false);
        },
      ),
    );
  });

  it('are matched in a time that does not grow with stars', () => {
    const bypass = Array.from({ length: 900 }, () => `${'*a'.repeat(140)}b`);
    expect(isBypassed(at(`${'a'.repeat(60)}.${'a'.repeat(60)}.test`), { bypass })).toBe(false);
  });
});

it.each([
  ['localhost', true],
  ['api.localhost', true],
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['0.0.0.0', true],
  ['localhost.', true],
  ['localhost.example.com', false],
  ['10.0.0.1', false],
  ['example.com', false],
  ['::ffff:10.0.0.1', false],
])('%s is this machine: %s', (host, expected) => {
  expect(isThisMachine(at(host))).toBe(expected);
});

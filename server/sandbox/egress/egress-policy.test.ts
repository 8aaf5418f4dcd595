import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkTarget, type EgressPolicy } from './egress-policy.ts';
import { type AddressBook, resolveTarget, systemAddressBook } from './resolve-target.ts';

const listOf = (...allowHosts: string[]): EgressPolicy => ({ network: 'allow-list', allowHosts });
const leadsTo = (...addresses: string[]): AddressBook => ({
  resolve: async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  isPublic: systemAddressBook.isPublic,
});
const codeOf = (work: () => unknown): unknown => {
  try {
    work();
    return undefined;
  } catch (fault) {
    return (fault as { code?: string }).code;
  }
};

describe('a target', () => {
  it('is checked against host and port', () => {
    const policy = listOf('pypi.org:443', '*.example.org', '8.8.8.8:53');
    expect(codeOf(() => checkTarget({ host: 'pypi.org', port: 443 }, policy))).toBeUndefined();
    expect(codeOf(() => checkTarget({ host: 'registry.example.org', port: 80 }, policy))).toBeUndefined();
    expect(codeOf(() => checkTarget({ host: '8.8.8.8', port: 53 }, policy))).toBeUndefined();
    expect(codeOf(() => checkTarget({ host: 'pypi.org', port: 80 }, policy))).toBe('port_not_allowed');
    expect(codeOf(() => checkTarget({ host: 'evil.org', port: 443 }, policy))).toBe('host_not_allowed');
    expect(codeOf(() => checkTarget({ host: '1.1.1.1', port: 443 }, policy))).toBe('address_not_allowed');
  });

  it('is refused whatever it is when the network is not a list', () => {
    for (const network of ['none', 'open'] as const) {
      expect(codeOf(() => checkTarget({ host: 'pypi.org', port: 443 }, { network, allowHosts: ['pypi.org'] }))).toBe(
        'network_none',
      );
    }
  });

  it('is refused in words that name what may be reached, however long the list is', () => {
    const hosts = Array.from({ length: 50 }, (_, at) => `host${at}.example`);
    expect(() => checkTarget({ host: 'x.y', port: 443 }, listOf(...hosts))).toThrow(/host7\.example and 42 more/);
    expect(() => checkTarget({ host: 'x.y', port: 443 }, listOf())).toThrow(/may reach: nothing/);
  });
});

describe('where a name leads', () => {
  const target = { host: 'name.example', port: 443 };
  const policy = listOf('name.example');

  it('is taken when every address is public', async () => {
    await expect(resolveTarget(target, policy, leadsTo('93.184.216.34', '2606:2800:220:1::1'))).resolves.toHaveLength(
      2,
    );
  });

  it.each([
    ...['127.0.0.1', '10.0.0.1', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '224.0.0.1'],
    ...['168.63.129.16', '::1', 'fe80::1', 'fd00:ec2::254', 'fc00::1', '::ffff:127.0.0.1', '2002:7f00:1::', '::'],
  ])('is refused when it is %s, alone or beside a public one', async (address) => {
    const refused = { code: 'address_private' };
    await expect(resolveTarget(target, policy, leadsTo(address))).rejects.toMatchObject(refused);
    await expect(resolveTarget(target, policy, leadsTo('93.184.216.34', address))).rejects.toMatchObject(refused);
  });

  it('may be a private network when that very address and port are listed, but never this machine', async () => {
    const listed = listOf('name.example', '10.0.0.5:443', '127.0.0.1:443', '169.254.169.254:443');
    await expect(resolveTarget(target, listed, leadsTo('10.0.0.5'))).resolves.toHaveLength(1);
    await expect(resolveTarget(target, listed, leadsTo('10.0.0.6'))).rejects.toMatchObject({ code: 'address_private' });
    await expect(resolveTarget({ ...target, port: 80 }, listed, leadsTo('10.0.0.5'))).rejects.toMatchObject({
      code: 'address_private',
    });
    for (const address of ['127.0.0.1', '169.254.169.254']) {
      await expect(resolveTarget(target, listed, leadsTo(address))).rejects.toMatchObject({ code: 'address_private' });
      const literal = { host: address, port: 443 };
      await expect(resolveTarget(literal, listed, leadsTo())).rejects.toMatchObject({ code: 'address_private' });
    }
  });

  it('passes over what a network without IPv4 adds for a public address', async () => {
    const found = await resolveTarget(target, policy, leadsTo('64:ff9b::5db8:d822', '93.184.216.34'));
    expect(found).toEqual([{ address: '93.184.216.34', family: 4 }]);
    await expect(resolveTarget(target, policy, leadsTo('64:ff9b::7f00:1'))).rejects.toMatchObject({
      code: 'address_private',
    });
  });

  it('is nowhere when nobody knows the name', async () => {
    const unknown = { ...leadsTo(), resolve: () => Promise.reject(new Error('ENOTFOUND')) };
    await expect(resolveTarget(target, policy, unknown)).rejects.toMatchObject({ code: 'host_unknown', status: 502 });
    await expect(resolveTarget(target, policy, leadsTo())).rejects.toMatchObject({ code: 'host_unknown' });
  });

  it('is never a private IPv4 address, whichever it is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('10', '127', '192.168', '169.254', '172.20'),
        fc.ipV4(),
        async (prefix, tail) => {
          const address = [...prefix.split('.'), ...tail.split('.')].slice(0, 4).join('.');
          await expect(resolveTarget(target, policy, leadsTo(address))).rejects.toMatchObject({
            code: 'address_private',
          });
        },
      ),
    );
  });
});

import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../contract/config.ts';
import { parseConfig } from './parse-yaml.ts';

const fixture = (name: string) => readFile(new URL(`./fixtures/${name}.yaml`, import.meta.url), 'utf8');

describe('a configuration file', () => {
  it('reports every fault at once, each with its path and line', async () => {
    const { faults } = parseConfig(await fixture('many-faults'));
    expect(faults.map(({ path, line }) => `${line} ${path}`)).toEqual([
      '2 version',
      '4 server.prot',
      '6 server.host',
      '7 server.port',
      '8 server.allowedOrigins',
      '9 server.maxConcurrentRuns',
      '11 llm.temperature',
      '12 llm.api_key',
      '14 providers.bad name',
      '15 providers.local.type',
      '15 providers.local.baseUrl',
      '15 providers.local.apiKeyEnv',
      '17 sandbox.memory',
      '18 sandbox.cpus',
      '19 sandbox.network',
      '20 port',
    ]);
    const messageOf = (wanted: string) => faults.find(({ path }) => path === wanted)?.message;
    expect(messageOf('server.prot')).toBe('There is no such setting. Did you mean server.port?');
    expect(messageOf('port')).toBe('There is no such setting. Did you mean server.port?');
    expect(messageOf('server.host')).toBe('This is there twice; the first is in line 5.');
    expect(messageOf('server.port')).toBe('This must be 65535 or less.');
    expect(messageOf('server.allowedOrigins')).toBe('This must be a list, and is text.');
    expect(messageOf('server.maxConcurrentRuns')).toBe('This must be a whole number, and is a number.');
    expect(messageOf('llm.api_key')).toMatch(/^Secrets do not belong in this file/);
    expect(messageOf('sandbox.network')).toBe('This must be none or allow-list or open.');
  });

  it('is free of faults when it is right, empty, or only comments', async () => {
    for (const text of [await fixture('commented'), '', '# nothing yet\n', 'server:\n  # port: 1\n']) {
      const { faults, notes, settings } = parseConfig(text);
      expect([faults, notes]).toEqual([[], []]);
      expect(() => configSchema.parse(settings)).not.toThrow();
    }
  });

  it.each([
    ['an open bracket', 'server: {host: a\nport: 1', 2],
    ['a tab as indent', 'server:\n\thost: a', 2],
    ['a second document', 'version: 1\n---\nversion: 1', 2],
    ['an unknown tag', 'version: 1\nserver: !important {}', 2],
  ])('tells the line of %s', (_, text, line) => {
    expect(parseConfig(text).faults[0]).toMatchObject({ path: '', line });
  });

  it.each([
    ['text', 'hello'],
    ['a list', '- version: 1'],
    ['an alias that leads nowhere', 'server: *nowhere'],
    ['an alias of itself', 'server: &a\n  host: *a'],
    ['nesting without end', '['.repeat(50_000)],
    ['aliases that blow up', bomb()],
    ['a name that is a trap', 'providers:\n  __proto__: { type: demo }'],
    ['more text than a configuration has', `# ${'x'.repeat(2_000_000)}`],
  ])('turns %s into a fault', (_, text) => {
    expect(parseConfig(text).faults.length).toBeGreaterThan(0);
  });

  it('notes what looks like a secret without repeating it', async () => {
    const { faults, notes } = parseConfig(await fixture('secret'));
    expect(faults).toEqual([]);
    expect(notes.map(({ path, line }) => `${line} ${path}`)).toEqual([
      '4 providers.local.baseUrl',
      '7 agents.writer.prompt',
    ]);
    expect(JSON.stringify(notes)).not.toMatch(/hunter22|sk-ant/);
  });

  it('does not take a name with a dot for a setting below another', () => {
    const { faults } = parseConfig('agents:\n  a:\n    name: A\n  a.name:\n    name: B\n');
    expect(faults).toEqual([]);
  });

  it('never quotes a value in a fault', () => {
    const { faults } = parseConfig(
      'providers:\n  a: {type: sk-ant-api03-abc, apiKeyEnv: sk-ant-api03-abc, baseUrl: sk-x}',
    );
    expect(faults).toHaveLength(3);
    expect(JSON.stringify(faults)).not.toContain('sk-');
  });

  it('reads the port of older files and says that it moved', async () => {
    const { settings, faults, notes } = parseConfig(await fixture('legacy'));
    expect([settings, faults]).toEqual([{ server: { port: 4100 } }, []]);
    expect(notes).toEqual([
      expect.objectContaining({ path: 'apps.playgroundServer.port', line: 3 }),
      expect.objectContaining({ path: 'apps.playgroundServer.compaction', line: 4 }),
    ]);
  });

  it('prefers the new place of the port and tells faults at the old one', () => {
    const both = parseConfig('server: {port: 1}\napps: {playgroundServer: {port: 2}}');
    expect([both.settings, both.faults]).toEqual([{ server: { port: 1 } }, []]);
    const bad = parseConfig('apps:\n  playgroundServer:\n    port: many');
    expect(bad.faults).toEqual([
      { path: 'apps.playgroundServer.port', line: 3, message: 'This must be a number, and is text.' },
    ]);
  });

  it('either parses or gives faults, whatever the text', () => {
    const alphabet = fc.constantFrom(
      ...'server: port 1 - [ ] { } & * ! | > \' " % @ # , ? ~ null true \n \t  << --- ... \u0000 \u{1f600}'.split(' '),
      ' ',
      '\n  ',
      ':',
      '__proto__: ',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(alphabet, { maxLength: 40 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (yaml) => {
        const { faults, settings } = parseConfig(yaml);
        return faults.length > 0 || configSchema.safeParse(settings).success;
      }),
      { numRuns: 500 },
    );
  });
});

function bomb(): string {
  const level = (name: string, of: string) => `${name}: &${name} [${Array(9).fill(of).join(', ')}]`;
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  return names.map((name, index) => level(name, index === 0 ? 'x' : `*${names[index - 1]}`)).join('\n');
}

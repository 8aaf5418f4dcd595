import { describe, expect, it } from 'vitest';
import { settingFaults } from './setting-faults.ts';

function faultsOf(server: object, name = 'own'): string[] {
  return settingFaults({ mcpServers: { [name]: server } }).map(({ path, message }) => `${path}: ${message}`);
}

describe('settings of an MCP server', () => {
  it.each([
    [{ command: 'npx', args: ['-y', 'x'], env: { A: 'b' }, cwd: '~/x' }],
    [{ url: 'https://example.com/mcp?x=1', headers: { Authorization: 'Bearer x' } }],
    [{ url: 'http://127.0.0.1:3001/mcp', enabled: false, tools: { allow: ['a*'], deny: ['ab'] }, timeoutMs: 1000 }],
  ])('can be %j', (server) => {
    expect(faultsOf(server)).toEqual([]);
  });

  it.each([
    [{}, /command to run or the url/],
    [{ command: 'a', url: 'http://a' }, /not both/],
    [{ command: 'a', headers: {} }, /goes with a url/],
    [{ url: 'http://a', args: [] }, /goes with a command/],
    [{ url: 'file:///etc/passwd' }, /must be a URL, for instance http/],
    [{ url: 'http://me:secret@a/mcp' }, /belong into headers/],
    [{ url: 'http://a', headers: { 'Mcp-Session-Id': '1' } }, /set by the connection/],
    [{ url: 'http://a', headers: { X: 'a\r\nY: b' } }, /one line/],
    [{ command: 'a', env: { 'A B': 'c' } }, /Name a variable/],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is how settings name a secret.
    [{ command: 'a', env: { A: '${my key}' } }, /the name of a secret/],
    [{ command: 'a\0b' }, /zero bytes/],
    [{ command: 'a', startTimeoutMs: 10 }, /500/],
    [{ command: 'a', comand: 1 }, /Did you mean mcpServers.own.command/],
  ])('cannot be %j', (server, words) => {
    expect(faultsOf(server).join(' ')).toMatch(words);
  });

  it.each(['a__b', '_a', 'a_', 'a b', '', 'x'.repeat(33), '../a', 'a.b'])('cannot be called %j', (name) => {
    expect(faultsOf({ command: 'a' }, name)).toHaveLength(1);
  });
});

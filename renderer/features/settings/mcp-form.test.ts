import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyDraft, isComplete, splitCommandLine, toServer } from './mcp-form.ts';

describe('a command line', () => {
  it.each([
    ['npx -y @modelcontextprotocol/server-memory', ['npx', '-y', '@modelcontextprotocol/server-memory']],
    ['  run   "a b"  \'c "d"\' ', ['run', 'a b', 'c "d"']],
    ['run "" x', ['run', '', 'x']],
    ['run a\\ b "say \\"hi\\""', ['run', 'a b', 'say "hi"']],
    ['C:\\tools\\run.exe C:\\data', ['C:\\tools\\run.exe', 'C:\\data']],
    ['run "open', ['run', 'open']],
    ['', []],
  ])('%s is read as %j', (line, words) => {
    expect(splitCommandLine(line)).toEqual(words);
  });

  it('keeps words that hold no special letters', () => {
    const word = fc.stringMatching(/^[\w./:@=-]+$/);
    fc.assert(
      fc.property(fc.array(word), (words) => {
        expect(splitCommandLine(words.join('  '))).toEqual(words);
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (line) => {
        expect(Array.isArray(splitCommandLine(line))).toBe(true);
      }),
    );
  });
});

describe('the form', () => {
  it('becomes an entry that holds only what was typed', () => {
    expect(toServer({ ...emptyDraft, commandLine: 'node server.js', env: 'KEY=a=b\n\n ROOT = /data ' })).toEqual({
      command: 'node',
      args: ['server.js'],
      env: { KEY: 'a=b', ROOT: '/data' },
    });
    expect(toServer({ ...emptyDraft, commandLine: 'server' })).toEqual({ command: 'server' });
    expect(
      toServer({
        ...emptyDraft,
        kind: 'url',
        url: ' http://localhost:3001/mcp ',
        headers: 'Authorization: Bearer x:y',
      }),
    ).toEqual({
      url: 'http://localhost:3001/mcp',
      headers: { Authorization: 'Bearer x:y' },
    });
  });

  it('can be sent once it names a server and where it is', () => {
    expect(isComplete({ ...emptyDraft, name: 'a', commandLine: 'run' })).toBe(true);
    expect(isComplete({ ...emptyDraft, name: 'a', url: 'http://a' })).toBe(false);
    expect(isComplete({ ...emptyDraft, kind: 'url', name: 'a', url: 'http://a' })).toBe(true);
    expect(isComplete({ ...emptyDraft, commandLine: 'run' })).toBe(false);
  });
});

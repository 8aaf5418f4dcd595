import { describe, expect, it } from 'vitest';
import { json, makeConsole } from '../fakes.test-support.ts';

const none = { allow: [], deny: [], ask: [] };

async function attempt(body: object) {
  const response = await makeConsole().ask('/console/api/settings/permissions/try', json('POST', body));
  return response.json();
}

describe('trying permission rules', () => {
  it('names the rule that decides, and why', async () => {
    const everyone = { ...none, deny: ['Bash(rm:*)'], ask: ['Bash(git push:*)'], allow: ['Bash(make)'] };
    expect(await attempt({ everyone, line: 'ls; rm -rf /' })).toEqual({
      faults: [],
      verdict: { outcome: 'deny', by: 'rule', rule: 'Bash(rm:*)', reason: 'The rule Bash(rm:*) forbids it.' },
    });
    expect(await attempt({ everyone, line: 'git push' })).toMatchObject({
      verdict: { outcome: 'ask', rule: 'Bash(git push:*)' },
    });
    expect(await attempt({ everyone, line: 'make' })).toMatchObject({ verdict: { outcome: 'allow', by: 'rule' } });
  });

  it('tells what rules allow together from what the mode allows', async () => {
    const everyone = { ...none, mode: 'default', allow: ['Bash(git:*)', 'Bash(npm test)'] };
    expect(await attempt({ everyone, line: 'git log && npm test' })).toMatchObject({
      verdict: { outcome: 'allow', by: 'rules', mode: 'default' },
    });
    const listed = { ...none, allow: ['Bash(git log:*)'] };
    expect(await attempt({ everyone: listed, line: 'git log' })).toMatchObject({ verdict: { by: 'rules' } });
    expect(await attempt({ everyone: none, line: 'make' })).toEqual({
      faults: [],
      verdict: { outcome: 'allow', by: 'mode' },
    });
    expect(await attempt({ everyone: { ...none, mode: 'plan' }, line: 'make' })).toMatchObject({
      verdict: { outcome: 'deny', by: 'mode', mode: 'plan' },
    });
  });

  it('adds the rules of an agent, whose mode wins', async () => {
    const agent = { ...none, mode: 'bypassPermissions', deny: ['Bash(curl:*)'] };
    const everyone = { ...none, mode: 'dontAsk' };
    expect(await attempt({ everyone, agent, line: 'make' })).toMatchObject({ verdict: { outcome: 'allow' } });
    expect(await attempt({ everyone, agent, line: 'curl x' })).toMatchObject({ verdict: { outcome: 'deny' } });
  });

  it('says which words are no rules, and judges nothing then', async () => {
    expect(await attempt({ everyone: { ...none, allow: ['Bash', 'Bash('] }, line: 'ls' })).toEqual({
      faults: [{ scope: 'everyone', list: 'allow', index: 1, message: expect.stringContaining('Tool(pattern)') }],
    });
  });
});

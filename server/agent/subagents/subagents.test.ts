import { describe, expect, it } from 'vitest';

import { ask, createTestManager, readEvents } from '../testing/manager.ts';
import type { MockReply } from '../testing/mock-upstream.ts';
import { startMockUpstream } from '../testing/mock-upstream.ts';
import { subagentTools } from '../tools/subagents/subagent-tools.ts';

function call(name: string, args: Record<string, unknown>): MockReply {
  return { blocks: [{ type: 'toolCall', name, args }] };
}
const say = (text: string): MockReply => ({ blocks: [{ type: 'text', text }] });

describe('agents', () => {
  it('are called in, work and answer', async () => {
    const upstream = await startMockUpstream({
      script: (request, index) => {
        const text = JSON.stringify(request.body);
        if (text.includes('You are the sub-agent')) return say('forty-two');
        if (index === 0) return call('SpawnAgent', { name: 'ada', task: 'Find the number.' });
        if (text.includes('forty-two')) return say('It is forty-two.');
        return call('WaitForAgents', {});
      },
    });
    const manager = await createTestManager(upstream, { tools: subagentTools });
    const run = await manager.runs.start(ask('What is the number?'));
    const events = await readEvents(run);
    console.log(
      events
        .filter((e) => !e.type.startsWith('message'))
        .map((e) => JSON.stringify(e).slice(0, 260))
        .join('\n'),
    );
    await manager.close();
    await upstream.close();
  });
});

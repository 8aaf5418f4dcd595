import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Answer, createFakeAgent, exitZero, type FakeAgent } from '../fixtures/fake-engine.ts';
import { type AgentClient, createAgentClient } from './agent-client.ts';
import { encodeFrame } from './frames.ts';
import { execResultSchema, maxTailBytes, outputWindowBytes, windowBytes } from './messages.ts';

function connect(answer: Answer = () => undefined): { client: AgentClient; agent: FakeAgent } {
  const { agent, input } = createFakeAgent(answer, { hasSource: false });
  return { agent, client: createAgentClient({ input, output: input }) };
}

const exec = { op: 'exec', params: {}, result: execResultSchema, maxOutputBytes: 1000 } as const;
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a call', () => {
  it('collects both streams and resolves with the result', async () => {
    const { client } = connect(({ op, id }, inside) => {
      if (op === 'exec') {
        inside.send({ ev: 'out', id }, Buffer.from('a'));
        inside.send({ ev: 'err', id }, Buffer.from('bc'));
        inside.send({ ev: 'out', id }, Buffer.from('d'));
        inside.send({ ev: 'done', id, result: exitZero });
      }
    });
    const answer = await client.call(exec);
    expect([answer.stdout.toString(), answer.stderr.toString(), answer.result.code]).toEqual(['ad', 'bc', 0]);
  });

  it('gives back what it took in steps, so that a few bytes cost no message of their own', async () => {
    const quarter = outputWindowBytes / 4;
    const { client, agent } = connect();
    const call = client.call({ ...exec, maxOutputBytes: 2 * outputWindowBytes });
    const credits = () =>
      agent.requests.filter(({ header }) => header.op === 'credit').map(({ header }) => header.bytes);
    agent.send({ ev: 'out', id: 1 }, Buffer.alloc(quarter - 1));
    agent.send({ ev: 'err', id: 1 }, Buffer.alloc(2));
    agent.send({ ev: 'out', id: 1 }, Buffer.alloc(quarter));
    agent.send({ ev: 'out', id: 1 }, Buffer.alloc(10));
    await expect.poll(credits).toEqual([quarter + 1, quarter]);
    agent.send({ ev: 'done', id: 1, result: exitZero });
    expect((await call).stdout.length).toBe(2 * quarter + 9);
  });

  it('gives nothing back and does not end before the one who gets the output has taken it', async () => {
    const { client, agent } = connect();
    const waiting: (() => void)[] = [];
    const call = client.call({
      ...exec,
      maxOutputBytes: 2 * outputWindowBytes,
      isOutputKept: false,
      onOutput: () => new Promise((resolve) => waiting.push(resolve)),
    });
    let isAnswered = false;
    void call.then(() => {
      isAnswered = true;
    });
    const credits = () => agent.requests.filter(({ header }) => header.op === 'credit').length;
    for (let sent = 0; sent < outputWindowBytes; sent += 262_144) {
      agent.send({ ev: 'out', id: 1 }, Buffer.alloc(262_144));
    }
    await expect.poll(() => waiting.length).toBeGreaterThanOrEqual(4);
    expect(credits()).toBe(0);
    agent.send({ ev: 'done', id: 1, result: exitZero });
    await settled();
    expect(isAnswered).toBe(false);
    for (const take of waiting) take();
    expect((await call).stdout.length).toBe(0);
  });

  it('tells of a gap between the beginning and the end of a long output', async () => {
    const seen: string[] = [];
    const { client } = connect(({ op, id }, inside) => {
      if (op === 'exec') {
        inside.send({ ev: 'out', id }, Buffer.alloc(1000, 'a'));
        inside.send({ ev: 'gap', id, bytes: 50 });
        inside.send({ ev: 'err', id }, Buffer.from('end'));
        inside.send({ ev: 'done', id, result: { ...exitZero, dropped: 50 } });
      }
    });
    const answer = await client.call({
      ...exec,
      onOutput: (stream, chunk) => void seen.push(`${stream} ${chunk.length}`),
      onGap: (bytes) => seen.push(`gap ${bytes}`),
    });
    expect(seen).toEqual(['stdout 1000', 'gap 50', 'stderr 3']);
    expect([answer.stdout.length, answer.stderr.toString()]).toEqual([1000, 'end']);
  });

  it('sends no more input than the agent has room for', async () => {
    const { client, agent } = connect();
    const call = client.call({ ...exec, input: Buffer.alloc(windowBytes + 100) });
    const sent = () => agent.requests.reduce((sum, { body }) => sum + body.length, 0);
    await expect.poll(sent).toBe(windowBytes);
    agent.send({ ev: 'credit', id: 1, bytes: 60 });
    await expect.poll(sent).toBe(windowBytes + 60);
    agent.send({ ev: 'credit', id: 1, bytes: 60 });
    await expect.poll(sent).toBe(windowBytes + 100);
    expect(agent.requests.at(-1)?.header).toMatchObject({ op: 'data', end: true });
    agent.send({ ev: 'done', id: 1, result: exitZero });
    await expect(call).resolves.toMatchObject({ result: { code: 0 } });
  });

  it('tells the agent to kill on abort and then takes its answer', async () => {
    const abort = new AbortController();
    const { client } = connect(({ op, id }, inside) => {
      if (op === 'kill') {
        inside.send({ ev: 'done', id, result: { ...exitZero, endedBy: 'abort' } });
      }
    });
    const call = client.call({ ...exec, signal: abort.signal });
    abort.abort();
    expect((await call).result.endedBy).toBe('abort');
  });

  it('rejects with the agent’s fault', async () => {
    const { client } = connect(({ op, id }, inside) => {
      if (op === 'read') {
        inside.send({ ev: 'error', id, code: 'file_not_found', message: 'x: No such file' });
      }
    });
    await expect(client.call({ ...exec, op: 'read', result: z.unknown() })).rejects.toMatchObject({
      code: 'file_not_found',
      status: 404,
    });
  });

  it('rejects when the connection ends, and so does every later one', async () => {
    const { client, agent } = connect();
    const call = client.call(exec);
    agent.end();
    await expect(call).rejects.toMatchObject({ code: 'sandbox_lost' });
    await expect(client.call(exec)).rejects.toMatchObject({ code: 'sandbox_lost' });
  });

  it('knows when what it left in the background has ended', async () => {
    const { client, agent } = connect(({ op, id }, inside) => {
      if (op === 'exec') {
        inside.send({ ev: 'done', id, result: { ...exitZero, background: true } });
      }
    });
    const { gone } = await client.call(exec);
    let isGone = false;
    void gone.then(() => {
      isGone = true;
    });
    await settled();
    expect(isGone).toBe(false);
    agent.send({ ev: 'gone', id: 1 });
    await expect(gone).resolves.toBeUndefined();
  });
});

describe('a sandbox that was taken over', () => {
  const attacks: [string, (agent: FakeAgent) => void][] = [
    ['sends more output than asked for', (agent) => agent.send({ ev: 'out', id: 1 }, Buffer.alloc(1001))],
    [
      'sends more of an end than is ever kept',
      (agent) => {
        agent.send({ ev: 'gap', id: 1, bytes: 1 });
        agent.send({ ev: 'out', id: 1 }, Buffer.alloc(maxTailBytes));
        agent.send({ ev: 'err', id: 1 }, Buffer.alloc(1));
      },
    ],
    [
      'leaves output out twice',
      (agent) => {
        agent.send({ ev: 'gap', id: 1, bytes: 1 });
        agent.send({ ev: 'gap', id: 1, bytes: 1 });
      },
    ],
    ['sends a message that does not exist', (agent) => agent.send({ ev: 'root', id: 1 })],
    ['sends a result of another shape', (agent) => agent.send({ ev: 'done', id: 1, result: { code: 'zero' } })],
    ['sends no object', (agent) => agent.sendRaw(encodeFrame([], Buffer.alloc(0)))],
    ['sends bytes that are no frame', (agent) => agent.sendRaw(Buffer.alloc(64, 0xff))],
    ['gives endless credit', (agent) => agent.send({ ev: 'credit', id: 1, bytes: Number.MAX_SAFE_INTEGER })],
    ['invents a code with markup', (agent) => agent.send({ ev: 'error', id: 1, code: '<b>', message: '' })],
  ];

  it.each(attacks)('is cut off when it %s', async (_, attack) => {
    const { client, agent } = connect();
    const call = client.call(exec);
    attack(agent);
    await expect(call).rejects.toMatchObject({ code: 'sandbox_lost' });
    expect((await client.closed).code).toBe('sandbox_lost');
  });

  it('answers nobody when it answers a call that is not there', async () => {
    const { client, agent } = connect();
    const call = client.call(exec);
    agent.send({ ev: 'done', id: 99, result: exitZero });
    agent.send({ ev: 'done', id: 1, result: { ...exitZero, code: 7 } });
    expect((await call).result.code).toBe(7);
  });

  it('never makes a call hang or fail in another way, whatever it sends', async () => {
    const message = fc.record(
      {
        ev: fc.constantFrom('out', 'err', 'done', 'error', 'credit', 'gap', 'gone', 'x'),
        id: fc.integer({ min: 0, max: 2 }),
        result: fc.jsonValue(),
        code: fc.string(),
        message: fc.string(),
        bytes: fc.integer(),
      },
      { requiredKeys: ['ev', 'id'] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 10 }), async (messages) => {
        const { client, agent } = connect();
        const call = client.call(exec).then(
          () => 'answered',
          (fault: { code: string }) => fault.code,
        );
        for (const one of messages) {
          agent.send(one);
        }
        agent.end();
        expect(typeof (await call)).toBe('string');
      }),
      { numRuns: 60 },
    );
  });
});

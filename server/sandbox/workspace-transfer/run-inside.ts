import type { z } from 'zod';
import { sandboxFault } from '../faults.ts';
import type { AgentClient } from '../wire/agent-client.ts';
import { execResultSchema } from '../wire/messages.ts';
import { transferScript } from './inside.ts';

const stepTimeoutMs = 120_000;

/** One step of a transfer, by a program inside. Throws `fault` when it does not end well. */
export async function runInside(
  agent: AgentClient,
  step: { op: 'list' | 'get' | 'put'; input?: Buffer; maxOutputBytes: number },
  fault: 'workspace_not_saved' | 'workspace_not_filled',
): Promise<Buffer> {
  const answer = await agent.call<z.infer<typeof execResultSchema>>({
    op: 'exec',
    params: {
      argv: ['python3', '-I', '-S', '-B', '-c', transferScript, step.op],
      cwd: '/workspace',
      env: {},
      timeoutMs: stepTimeoutMs,
      maxOutputBytes: step.maxOutputBytes,
      killLeftovers: true,
      hasInput: step.input !== undefined,
    },
    ...(step.input === undefined ? {} : { input: step.input }),
    maxOutputBytes: step.maxOutputBytes,
    result: execResultSchema,
  });
  const { code, dropped, endedBy } = answer.result;
  if (code !== 0 || dropped > 0) {
    const said = answer.stderr.toString('utf8').trim().split('\n').at(-1) ?? '';
    throw sandboxFault(fault, { said: dropped > 0 ? 'There are too many files.' : `${endedBy} ${code ?? ''} ${said}` });
  }
  return answer.stdout;
}

/** JSON with its length before it, as the script reads it. */
export function encodeHeader(value: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(value));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, text]);
}

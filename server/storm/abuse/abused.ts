import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sandboxTools } from '../../agent/tools/sandbox-tools.ts';
import { createToolBench, type ToolBench } from '../../agent/tools/tool-bench.ts';
import { comesTrue, openRealSandboxes, type RealSandboxes, type SandboxConfig } from '../../sandbox/real-sandboxes.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { leftoversOf, processesIn } from '../sandboxes/leftovers.ts';

export const abusedSession = { tenantId: 'acme', sessionId: 'ses_abused' };
const siblingSession = { tenantId: 'acme', sessionId: 'ses_sibling' };

/** A sandbox in which somebody does harm, one beside it that must not notice, and files here that nobody may touch. */
export interface Abused {
  real: RealSandboxes;
  /** Of this machine. */
  workspace: string;
  /** The one that there is, or a new one. */
  sandbox(): Promise<Sandbox>;
  /** As a model calls it, and what the model reads of it. */
  tool: ToolBench['call'];
  bash(command: string, timeoutMs?: number): Promise<string>;
  /** Stdout and stderr of a program in Python, in this order. */
  python(program: string): Promise<string>;
  /** One line per harm that was done to others, or to the next use of the sandbox. */
  harm(): Promise<string[]>;
  /** Ends it; one line per thing that is left. */
  close(): Promise<string[]>;
}

export async function openAbused(change: Partial<SandboxConfig> = {}): Promise<Abused> {
  const real = await openRealSandboxes({ memory: '192m', pids: 96, ...change });
  const { manager } = real;
  const precious = path.join(real.dataDir, 'precious.txt');
  await writeFile(precious, 'precious');
  await mkdir(path.join(real.dataDir, 'tenants/acme'), { recursive: true });
  const ids = new Set<string>();
  manager.subscribe((news) => {
    if ('sandbox' in news && news.sandbox.containerId) ids.add(news.sandbox.containerId);
  });
  const sibling = await manager.acquire(siblingSession);
  const sandbox = () => manager.acquire(abusedSession);
  await sandbox();
  const { call } = createToolBench(sandboxTools(), (signal) => manager.acquire(abusedSession, signal));

  async function harm(): Promise<string[]> {
    const found: string[] = [];
    const [mine, theirs] = await Promise.all([sandbox().then(sayFine), sayFine(sibling)]);
    if (mine !== 'fine\n') found.push(`The sandbox does not go on: ${mine}`);
    if (theirs !== 'fine\n') found.push(`The sandbox beside it does not go on: ${theirs}`);
    if ((await readFile(precious, 'utf8')) !== 'precious') found.push('A file of this machine was changed.');
    return found;
  }

  return {
    real,
    workspace: path.join(real.dataDir, 'sandboxes', abusedSession.tenantId, abusedSession.sessionId),
    sandbox,
    tool: call,
    bash: async (command, timeoutMs = 30_000) => (await call('Bash', { command, timeout: timeoutMs })).text,
    async python(program) {
      const result = await (await sandbox()).exec({ command: ['python3', '-c', program], timeoutMs: 30_000 });
      return Buffer.concat([result.stdout, result.stderr]).toString('utf8');
    },
    harm,
    async close() {
      await manager.destroyAll();
      const left = await leftoversOf(real.engine, real.instanceId);
      const isGone = await comesTrue(async () => (await processesIn([...ids])).length === 0);
      await real.close();
      return [...left, ...(isGone ? [] : ['processes'])];
    },
  };
}

async function sayFine(sandbox: Sandbox): Promise<string> {
  const { stdout, stderr } = await sandbox.exec({ command: { shell: 'echo fine' }, timeoutMs: 20_000 });
  return Buffer.concat([stdout, stderr]).toString('utf8');
}

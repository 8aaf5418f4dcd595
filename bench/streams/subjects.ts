import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ChildServer, startChild } from '../support/child-server.ts';
import { createStreamClient, type StreamClient } from '../support/stream-client.ts';
import type { Scenario } from './scenario.ts';

/** One server that is measured. */
export interface Subject {
  name: string;
  start(upstream: string): Promise<RunningSubject>;
}

export interface RunningSubject {
  name: string;
  server: ChildServer;
  client: StreamClient;
  stop(): Promise<void>;
}

const builtProgram = join(import.meta.dirname, '../../dist/main/agentrail.js');
const serversDir = join(import.meta.dirname, '../servers');
const token = 'bench-token-0123456789';

/** A program of `bench/servers`. */
export function peer(name: string, program: string, dir: string, env: Record<string, string> = {}): Subject {
  return {
    name,
    async start(upstream) {
      const server = await startChild({
        args: [join(serversDir, program)],
        env: { ...env, BENCH_UPSTREAM: upstream, BENCH_DIR: dir },
      });
      const body = (model: Scenario) => JSON.stringify({ message: 'Say the tokens.', model });
      return running(name, server, { path: '/', headers: {}, body });
    },
  };
}

export interface OursOptions {
  name: string;
  /** Where data directories are made. */
  dir: string;
  provider: 'openai-compatible' | 'anthropic';
  /** The built program; default: the one of this tree. */
  program?: string;
  nodeArgs?: string[];
  /** Default: any free one. */
  port?: number;
  /** Default: none is found, so that every run of the benchmark has the same. */
  dockerHost?: string;
}

/** The product as it is built: `agentrail serve` with a token, files that are synced per turn, and everything on. */
export function ours(options: OursOptions): Subject {
  const { name, provider } = options;
  return {
    name,
    async start(upstream) {
      const server = await startOurs(upstream, options);
      const headers = { authorization: `Bearer ${token}` };
      const body = (model: Scenario) => JSON.stringify({ message: 'Say the tokens.', model: `${provider}:${model}` });
      return running(name, server, { path: '/api/stream', headers, body });
    },
  };
}

export async function startOurs(upstream: string, options: Omit<OursOptions, 'name'>): Promise<ChildServer> {
  const dataDir = await mkdtemp(join(options.dir, 'ours-'));
  await writeFile(join(dataDir, 'agentrail.yaml'), settings(upstream, options.provider));
  return startChild({
    args: [
      ...(options.nodeArgs ?? []),
      options.program ?? builtProgram,
      ...['serve', '--port', String(options.port ?? 0), '--data-dir', dataDir],
    ],
    env: {
      UI_SECRET_TOKEN: token,
      AGENTRAIL_VAULT_PASSPHRASE: 'a passphrase of the benchmark',
      ANTHROPIC_API_KEY: 'sk-ant-bench-0123456789',
      DOCKER_HOST: options.dockerHost ?? 'unix:///nonexistent/docker.sock',
    },
    portIn(output) {
      const port = /^Server: {2}http:\/\/[^:]+:(\d+)/m.exec(output)?.[1];
      return port === undefined ? undefined : Number(port);
    },
  });
}

function settings(upstream: string, provider: OursOptions['provider']): string {
  return [
    'version: 1',
    'llm:',
    `  provider: ${provider}`,
    '  modelId: burst',
    `  baseUrl: ${upstream}/v1`,
    'server:',
    '  maxConcurrentRuns: 2000',
    'permissions:',
    '  mode: bypassPermissions',
    '',
  ].join('\n');
}

function running(
  name: string,
  server: ChildServer,
  target: Omit<Parameters<typeof createStreamClient>[0], 'port'>,
): RunningSubject {
  const client = createStreamClient({ port: server.port, ...target });
  return {
    name,
    server,
    client,
    async stop() {
      client.close();
      await server.stop();
    },
  };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { z } from 'zod';
import { programEnvironment } from '../../config/env.ts';
import { type McpServerSettings, mcpServerSchema } from '../../contract/mcp.ts';
import { systemClock } from '../../lib/clock.ts';
import { type Logger, silentLogger } from '../../telemetry/logger.ts';
import { createMcpManager, type McpManagerOptions } from '../mcp-manager.ts';
import type { CallOptions } from '../mcp-server.ts';

type Written = z.input<typeof mcpServerSchema>;

/** The entry point of a published server, run by this very Node. */
export function published(name: 'everything' | 'filesystem' | 'memory', ...args: string[]) {
  const scripts = {
    everything: import.meta.resolve('@modelcontextprotocol/server-everything/dist/index.js'),
    filesystem: import.meta.resolve('@modelcontextprotocol/server-filesystem/dist/index.js'),
    memory: import.meta.resolve('@modelcontextprotocol/server-memory/dist/index.js'),
  };
  return { command: process.execPath, args: [fileURLToPath(scripts[name]), ...args] };
}

/** A server of ours that misbehaves as told. */
export function oddServer(...args: string[]) {
  return {
    command: process.execPath,
    args: [fileURLToPath(new URL('../fixtures/odd-server.ts', import.meta.url)), ...args],
  };
}

/** Whether a process runs; one that waits to be reaped does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** A manager over settings that a test changes as a person does. Everything ends with the test. */
export function createMcpBench(
  servers: Record<string, Written>,
  options: Partial<Pick<McpManagerOptions, 'secrets' | 'redact' | 'clock' | 'fetch' | 'folder'>> & {
    isPaused?: boolean;
  } = {},
) {
  const parse = (written: Record<string, Written>): Record<string, McpServerSettings> =>
    Object.fromEntries(Object.entries(written).map(([name, server]) => [name, mcpServerSchema.parse(server)]));
  let settings = parse(servers);
  const listeners = new Set<() => void>();
  const lines: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    info: (line) => lines.push(line),
    warn: (line) => lines.push(line),
    error: (line) => lines.push(line),
    debug: (line) => lines.push(line),
  };
  const manager = createMcpManager({
    settings: () => settings,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    secrets: { get: () => undefined },
    redact: (text) => text,
    baseEnv: programEnvironment(),
    folder: '/',
    version: '0.0.0',
    clock: systemClock,
    logger,
    ...options,
  });
  if (!options.isPaused) manager.open();
  onTestFinished(() => manager.close());
  const serverOf = (name: string) => {
    const found = manager.servers().find((one) => one.name === name);
    if (!found) throw new Error(`no server ${name}`);
    return found;
  };
  return {
    manager,
    lines,
    change(next: Record<string, Written>) {
      settings = parse(next);
      for (const listener of listeners) listener();
    },
    /** Calls a tool by the server's own name for it. */
    async call(name: string, ownName: string, options: Partial<CallOptions> & { args?: Record<string, unknown> } = {}) {
      const { args = {}, ...others } = options;
      const signal = others.signal ?? new AbortController().signal;
      const server = serverOf(name);
      await server.ready(signal);
      const tool = server.status().tools.find((one) => one.ownName === ownName);
      if (!tool) throw new Error(`no tool ${ownName}`);
      return server.callTool(tool, args, { ...others, signal });
    },
    server: serverOf,
  };
}

/** The published server-everything over streamable HTTP on a port of its own. */
export async function startHttpServer(port: number) {
  const { command, args } = published('everything', 'streamableHttp');
  const child = spawn(command, args, {
    env: { ...programEnvironment(), PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  onTestFinished(stop);
  for await (const chunk of child.stderr) if (/listening on port/i.test(String(chunk))) break;
  child.stderr?.on('error', () => undefined);
  return { url: `http://127.0.0.1:${port}/mcp`, stop };
}

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Config, configSchema } from '../../contract/config.ts';
import { systemClock } from '../../lib/clock.ts';
import { newId } from '../../lib/new-id.ts';
import { type Logger, silentLogger } from '../../telemetry/logger.ts';
import { readAgentSource } from '../agent-source.ts';
import { agentFolder } from '../real-sandboxes.ts';
import type { SandboxManager } from '../sandbox.ts';
import { createSandboxManager } from '../sandbox-manager.ts';
import type { GatewayWorld } from './gateway.ts';
import type { AddressBook, HostAddress } from './resolve-target.ts';

const run = promisify(execFile);

export interface LogEntry {
  level: string;
  text: string;
  fields: Record<string, unknown>;
}

/** Keeps what is logged. */
export function recordingLogger(entries: LogEntry[], context: Record<string, unknown> = {}): Logger {
  const write = (level: string) => (text: string, fields?: Record<string, unknown>) => {
    entries.push({ level, text, fields: { ...context, ...fields } });
  };
  return {
    ...silentLogger,
    log: (level, text, fields) => write(level)(text, fields),
    ...{ debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
    child: (more) => recordingLogger(entries, { ...context, ...more }),
  };
}

/** Names that lead to servers of the test, and an address policy that takes 127.0.0.1 for the public internet. */
export function testBook(names: Record<string, () => string[]>): AddressBook & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async resolve(name) {
      asked.push(name);
      const found = names[name];
      if (!found) throw new Error(`queryA ENOTFOUND ${name}`);
      return found().map((address): HostAddress => ({ address, family: address.includes(':') ? 6 : 4 }));
    },
    isPublic: (address) => address === '127.0.0.1',
  };
}

export interface TestServer {
  port: number;
  /** Requests as they came in. */
  seen: { url: string; method: string; headers: http.IncomingHttpHeaders; body: string }[];
  close(): Promise<void>;
}

export type Respond = (request: http.IncomingMessage, response: http.ServerResponse, body: string) => void;

export async function openServer(
  tls: { key: string; cert: string } | undefined,
  respond: Respond,
): Promise<TestServer> {
  const seen: TestServer['seen'] = [];
  const answer = async (request: http.IncomingMessage, response: http.ServerResponse) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString('latin1');
    seen.push({ url: request.url ?? '', method: request.method ?? '', headers: request.headers, body });
    respond(request, response, body);
  };
  const listener = (request: http.IncomingMessage, response: http.ServerResponse) => {
    answer(request, response).catch(() => response.destroy());
  };
  const server = tls ? https.createServer(tls, listener) : http.createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A certificate for these names that signs itself. */
export async function makeCertificate(names: string[]): Promise<{ key: string; cert: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'egress-tls-'));
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-keyout', keyFile, '-out', certFile, '-subj', `/CN=${names[0]}`],
    ...['-addext', `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`],
  ]);
  const pair = { key: await readFile(keyFile, 'utf8'), cert: await readFile(certFile, 'utf8') };
  await rm(folder, { recursive: true });
  return pair;
}

export interface RealEgress {
  manager: SandboxManager;
  /** May be changed: settings are asked anew at every use. */
  config: Config['sandbox'];
  instanceId: string;
  dataDir: string;
  close(): Promise<void>;
}

/** A manager on the real engine whose sandboxes see the world of the test. */
export async function openRealEgress(
  change: Partial<Config['sandbox']>,
  options: {
    world?: GatewayWorld;
    logger?: Logger;
    agentSettings?: Parameters<typeof createSandboxManager>[0]['agentSettings'];
  } = {},
): Promise<RealEgress> {
  const config = configSchema.parse({ sandbox: { warmPool: 0, ...change } }).sandbox;
  const dataDir = await mkdtemp(join(tmpdir(), 'egress-'));
  const instanceId = newId('instance');
  const manager = createSandboxManager({
    config: () => config,
    ...(options.agentSettings && { agentSettings: options.agentSettings }),
    ...(options.world && { world: options.world }),
    ...{ dataDir, instanceId, clock: systemClock, logger: options.logger ?? silentLogger, env: {} },
    agentSource: await readAgentSource(agentFolder),
  });
  return {
    ...{ manager, config, instanceId, dataDir },
    async close() {
      await manager.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** All that the engine says of a container, as JSON. */
export async function inspect(real: RealEgress, container: string): Promise<string> {
  const socketPath = (real.manager.engine().endpoint ?? '').replace(/^unix:\/\//, '');
  const request = http.get({ socketPath, path: `/containers/${container}/json` });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

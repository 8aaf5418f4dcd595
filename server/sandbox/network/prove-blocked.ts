import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { messageOf } from '../../lib/app-error.ts';
import type { AgentClient } from '../wire/agent-client.ts';
import { execResultSchema } from '../wire/messages.ts';
import { refuseOpen } from './refuse-open.ts';

const blockedCode = 7;
const probeTimeoutMs = 10_000;
const probe = [
  'import socket, sys',
  'try:',
  '    socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)',
  'except OSError:',
  `    sys.exit(${blockedCode})`,
].join('\n');

/**
 * Opens a service on the machine's side of the bridge and has the sandbox try to reach it. Throws
 * `network_open_refused` when it does, and when that cannot be told.
 */
export async function proveBlocked(agent: AgentClient, gateway: string): Promise<void> {
  let isReached = false;
  const server = createServer((socket) => {
    isReached = true;
    socket.destroy();
  });
  try {
    server.listen(0, gateway);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { result } = await agent.call({
      op: 'exec',
      params: {
        argv: ['python3', '-I', '-c', probe, gateway, String(port)],
        ...{ cwd: '/', env: {}, timeoutMs: probeTimeoutMs, maxOutputBytes: 4096, killLeftovers: true, hasInput: false },
      },
      result: execResultSchema,
    });
    if (isReached || result.code === 0)
      throw refuseOpen('A sandbox reached a service of this machine in spite of the rules.');
    if (result.code !== blockedCode)
      throw refuseOpen('Whether the rules hold could not be tried from inside, which takes an image with Python 3.');
  } catch (fault) {
    if (fault instanceof Error && 'code' in fault && fault.code === 'EADDRNOTAVAIL') {
      throw refuseOpen(`The bridge of the engine is not on this machine: ${messageOf(fault)}`, fault);
    }
    throw fault;
  } finally {
    server.close();
  }
}

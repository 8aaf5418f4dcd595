import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { connectionOwners, refuseForeignPeer } from './sign-in-peer.ts';

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0C1C 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1 0 100 0 0 10 0
   1: 0100007F:D2F0 0100007F:0C1C 01 00000000:00000000 00:00000000 00000000  1001        0 2 1 0 20 4 0 10 -1
   2: 0100007F:0C1C 0100007F:D2F0 01 00000000:00000000 00:00000000 00000000  1000        0 3 1 0 20 4 0 10 -1
   3: 0100007F:D2F1 0100007F:0C1C 06 00000000:00000000 00:00000000 00000000     0        0 0 1 0 20 4 0 10 -1
`;

it('the owner of a connection is the user at its other end, not ours, and not the one of a connection that is gone', () => {
  expect(connectionOwners(table, { from: 0xd2f0, to: 0x0c1c })).toEqual([1001]);
  expect(connectionOwners(table, { from: 0x0c1c, to: 0xd2f0 })).toEqual([1000]);
  expect(connectionOwners(table, { from: 0xd2f1, to: 0x0c1c })).toEqual([]);
  expect(connectionOwners('', { from: 1, to: 2 })).toEqual([]);
});

/** Our end of a connection that a program of the given user opens. */
async function connectedBy(uid: number): Promise<Socket> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const accepted = once(server, 'connection');
  const client = spawn(process.execPath, ['-e', `require('net').connect(${port}, '127.0.0.1')`], {
    cwd: '/',
    ...(uid !== process.getuid?.() && { uid, gid: uid }),
  });
  const [socket] = (await accepted) as [Socket];
  onTestFinished(async () => {
    const gone = once(client, 'exit');
    client.kill('SIGKILL');
    await gone;
    socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return socket;
}

it('the user who started the program may sign in', async () => {
  const own = process.getuid?.() ?? 0;
  await expect(refuseForeignPeer(await connectedBy(own), own)).resolves.toBeUndefined();
});

it.runIf(process.platform === 'linux' && process.getuid?.() === 0)('another user may not, and root may', async () => {
  await expect(refuseForeignPeer(await connectedBy(65_534), 1000)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(refuseForeignPeer(await connectedBy(65_534), 65_534)).resolves.toBeUndefined();
  await expect(refuseForeignPeer(await connectedBy(0), 1000)).resolves.toBeUndefined();
});

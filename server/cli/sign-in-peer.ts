import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { AppError } from '../lib/app-error.ts';

const tables = ['/proc/net/tcp', '/proc/net/tcp6'];

/**
 * Refuses a sign-in that another user of this machine makes (AppError `forbidden`, 403). A browser is started with the
 * one-time link as an argument, and arguments can be seen by every user: whoever is quick could use it first. Where the
 * system does not tell whose a connection is, it passes; root may always.
 */
export async function refuseForeignPeer(socket: Socket, ownUid = process.getuid?.()): Promise<void> {
  const { localPort, remotePort } = socket;
  if (ownUid === undefined || localPort === undefined || remotePort === undefined) return;
  const texts = await Promise.all(tables.map((file) => readFile(file, 'utf8').catch(() => '')));
  const owners = texts.flatMap((text) => connectionOwners(text, { from: remotePort, to: localPort }));
  if (owners.every((uid) => uid === ownUid || uid === 0)) return;
  throw new AppError('forbidden', 'Only the user who started the console may sign in to it.', { status: 403 });
}

/** User ids of the open connections between two ports, from a table as Linux shows it. */
export function connectionOwners(table: string, ports: { from: number; to: number }): number[] {
  return table.split('\n').flatMap((line) => {
    const [, local = '', remote = '', state, , , , uid] = line.trim().split(/ +/);
    const isOpen = state === '01';
    return isOpen && portOf(local) === ports.from && portOf(remote) === ports.to ? [Number(uid)] : [];
  });
}

function portOf(address: string): number {
  return Number.parseInt(address.split(':')[1] ?? '', 16);
}

import type { SshAddress } from './endpoint.ts';
import { createSshTunnel, type SshTunnel, type SshTunnelOptions } from './ssh-tunnel.ts';

/** The ways to engines on other machines that this program has open, one per address. */
export interface SshTunnels {
  /** The local socket that leads there. Ways to other addresses are closed: one engine is in use at a time. */
  open(address: SshAddress): Promise<string>;
  /** Closes every way; new ones may be opened. */
  rest(): Promise<void>;
  close(): Promise<void>;
}

export function createSshTunnels(options: SshTunnelOptions): SshTunnels {
  const open = new Map<string, SshTunnel>();
  let isClosed = false;

  async function closeAllBut(kept: string | undefined): Promise<void> {
    const others = [...open].filter(([key]) => key !== kept);
    for (const [key] of others) {
      open.delete(key);
    }
    await Promise.all(others.map(([, tunnel]) => tunnel.close()));
  }

  return {
    async open(address) {
      if (isClosed) {
        throw new Error('The program is shutting down.');
      }
      const key = JSON.stringify(address);
      await closeAllBut(key);
      const tunnel = open.get(key) ?? createSshTunnel(options);
      open.set(key, tunnel);
      return tunnel.open(address);
    },
    rest: () => closeAllBut(undefined),
    async close() {
      isClosed = true;
      await closeAllBut(undefined);
    },
  };
}

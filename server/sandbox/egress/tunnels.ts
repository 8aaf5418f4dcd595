import type { Duplex } from 'node:stream';
import type { Clock } from '../../lib/clock.ts';
import type { AgentClient } from '../wire/agent-client.ts';
import type { NetMessage } from '../wire/messages.ts';
import { createTunnel, type Tunnel } from './tunnel.ts';

/** As many as the agent has at once (resources/sandbox/agent/egress.py). */
export const maxTunnels = 64;
/** Time until a connection has said what it wants. */
const settleMs = 15_000;
/** Of silence in both directions. */
const idleMs = 120_000;
const lookEveryMs = 2000;

export interface TunnelHooks {
  /** A program inside opened a connection. Must not throw. */
  onOpen(stream: Duplex): void;
  /** Whether the connection has said what it wants, and was allowed to have it. */
  isSettled(stream: Duplex): boolean;
}

/** The tunnels of one sandbox, bounded in number and time. They end with the sandbox. */
export function serveTunnels(agent: AgentClient, clock: Clock, hooks: TunnelHooks): void {
  const tunnels = new Map<number, Tunnel & { openedAt: number }>();
  let lastId = 0;
  let watching: AbortController | undefined;

  function open(id: number): void {
    // A hostile agent could count wrongly; the bounds are ours.
    if (tunnels.size >= maxTunnels || id <= lastId) {
      agent.net.send({ id, kind: 'close' });
      return;
    }
    lastId = id;
    const tunnel = createTunnel(
      (message, body) => agent.net.send({ id, ...message }, body),
      () => clock.monotonic(),
    );
    tunnels.set(id, { ...tunnel, openedAt: clock.monotonic() });
    tunnel.stream.once('close', () => {
      tunnels.delete(id);
      if (tunnels.size === 0) watching?.abort();
    });
    watch();
    hooks.onOpen(tunnel.stream);
  }

  function watch(): void {
    if (watching && !watching.signal.aborted) return;
    const current = new AbortController();
    watching = current;
    // Ends by the rejection of its sleep when the last tunnel is gone.
    endLateOnes(current.signal).catch(() => undefined);
  }

  async function endLateOnes(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(lookEveryMs, signal);
      const now = clock.monotonic();
      for (const { stream, openedAt, lastUseAt } of tunnels.values()) {
        const isLate = now - openedAt >= settleMs && !hooks.isSettled(stream);
        if (isLate || now - lastUseAt() >= idleMs) stream.destroy();
      }
    }
  }

  agent.net.take((message: NetMessage, body) => {
    if (message.kind === 'open') open(message.id);
    else tunnels.get(message.id)?.take(message, body);
  });
  void agent.closed.then(() => {
    for (const { stream } of tunnels.values()) stream.destroy();
    watching?.abort();
  });
}

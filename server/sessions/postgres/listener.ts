import pg from 'pg';
import { messageOf } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { connectionOptions, postgresLimits } from './connection.ts';

/** All of ours travel on one channel, as JSON: far below the 8000 bytes that a notification may have. */
export const channel = 'agentrail';

/** A short word to all instances. Nothing rests on its arrival: whoever waits for one also looks now and then. */
export interface Notification {
  topic: string;
  about?: string | undefined;
}

export interface Listener {
  /** Called on each notification of the topic, and without `about` when some may have been missed. Must not throw. */
  on(topic: string, hear: (about?: string) => void): () => void;
  /** Resolves when it hears for the first time, or cannot yet. */
  ready: Promise<void>;
  close(): Promise<void>;
}

const retryPauseMs = 500;

/** Holds one connection that listens, and makes a new one whenever it breaks. */
export function createListener({ url, logger, clock }: { url: string; logger: Logger; clock: Clock }): Listener {
  const listeners = new Map<string, Set<(about?: string) => void>>();
  const closing = new AbortController();
  /** An outage is told once. */
  let isTold = false;
  const first = Promise.withResolvers<void>();

  function tell({ topic, about }: Notification): void {
    for (const hear of [...(listeners.get(topic) ?? [])]) hear(about);
  }

  /** Resolves when the connection is over. */
  async function listen(): Promise<void> {
    const client = new pg.Client({
      ...connectionOptions(url, postgresLimits),
      connectionTimeoutMillis: postgresLimits.connectTimeoutMs,
    });
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const end = () => resolve();
    client.on('error', (error) => {
      logger.debug('the connection that listens broke', { reason: messageOf(error) });
      end();
    });
    client.on('end', end);
    client.on('notification', ({ payload }) => {
      const heard = parseNotification(payload ?? '');
      if (heard) tell(heard);
    });
    closing.signal.addEventListener('abort', end, { once: true });
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
      first.resolve();
      isTold = false;
      // What was told while nobody listened is lost: everyone looks once.
      for (const topic of [...listeners.keys()]) tell({ topic });
      await over;
    } finally {
      closing.signal.removeEventListener('abort', end);
      await client.end().catch((error: unknown) => logger.debug('not closed', { reason: messageOf(error) }));
    }
  }

  async function keepListening(): Promise<void> {
    while (!closing.signal.aborted) {
      await listen().catch((error: unknown) => {
        if (!isTold) logger.warn('cannot hear of other instances yet', { reason: messageOf(error) });
        isTold = true;
      });
      first.resolve();
      await clock.sleep(retryPauseMs, closing.signal).catch(() => undefined);
    }
  }

  const listening = keepListening();
  return {
    ready: first.promise,
    on(topic, hear) {
      const all = listeners.get(topic) ?? new Set();
      listeners.set(topic, all.add(hear));
      return () => {
        all.delete(hear);
        if (all.size === 0 && listeners.get(topic) === all) listeners.delete(topic);
      };
    },
    async close() {
      closing.abort();
      await listening;
    },
  };
}

function parseNotification(payload: string): Notification | undefined {
  try {
    const value: unknown = JSON.parse(payload);
    if (typeof value !== 'object' || value === null || !('topic' in value) || typeof value.topic !== 'string')
      return undefined;
    return {
      topic: value.topic,
      ...('about' in value && typeof value.about === 'string' && { about: value.about }),
    };
  } catch {
    return undefined;
  }
}

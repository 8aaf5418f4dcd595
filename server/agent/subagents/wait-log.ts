import { z } from 'zod';
import { toStorageError } from '../../data/storage-error.ts';
import { createSerialQueue } from '../../lib/serial-queue.ts';
import { createAppendLog } from '../../sessions/append-log.ts';
import { readMail } from './mail-lines.ts';

const waitLineSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('registered'),
    waitId: z.string(),
    /** Absent: the session's own agent waits. */
    parentAgentId: z.string().optional(),
    agentIds: z.array(z.string()),
    mode: z.enum(['any', 'all']),
    at: z.number(),
  }),
  z.object({ type: z.literal('resolved'), waitId: z.string(), reason: z.string(), at: z.number() }),
]);
export type RegisteredWait = Extract<z.infer<typeof waitLineSchema>, { type: 'registered' }>;

/** What agents wait for, so that a process that died in the middle is known of. */
export interface WaitLog {
  /** Those that were registered and never resolved. */
  open(): Promise<RegisteredWait[]>;
  register(wait: Omit<RegisteredWait, 'type'>): Promise<void>;
  resolve(waitIds: readonly string[], reason: string, at: number): Promise<void>;
  /** Nothing is written after it. */
  close(): Promise<void>;
}

export function createWaitLog(file: string): WaitLog {
  const log = createAppendLog(file);
  const inTurn = createSerialQueue();
  let isClosed = false;
  const write = (lines: z.infer<typeof waitLineSchema>[], sync: boolean): Promise<void> =>
    inTurn(async () => {
      if (isClosed) return;
      try {
        await log.append(
          lines.map((line) => JSON.stringify(line)),
          sync,
        );
      } catch (error) {
        throw toStorageError(error);
      }
    });

  return {
    open: () =>
      inTurn(async () => {
        const open = new Map<string, RegisteredWait>();
        for (const line of await readMail(file, waitLineSchema)) {
          if (line.type === 'registered') open.set(line.waitId, line);
          else open.delete(line.waitId);
        }
        return [...open.values()];
      }),
    register: (wait) => write([{ type: 'registered', ...wait }], true),
    async resolve(waitIds, reason, at) {
      // Should this line be lost, the wait is told of once more.
      if (waitIds.length > 0)
        await write(
          waitIds.map((waitId) => ({ type: 'resolved', waitId, reason, at })),
          false,
        );
    },
    close: () =>
      inTurn(async () => {
        isClosed = true;
        await log.close();
      }),
  };
}

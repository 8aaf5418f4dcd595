import { type MessagePort, parentPort } from 'node:worker_threads';
import { type ScanAnswer, type ScanTask, scan } from './log-scan.ts';

export type SearchMessage = { id: number; task: ScanTask } | { cancel: number };

export type SearchAnswer =
  | { id: number; answer: ScanAnswer }
  | { id: number; fault: { code?: string; message: string } };

if (parentPort) serve(parentPort);

function serve(port: MessagePort): void {
  /** Searches that go on now. They take turns, block by block, so that a cancellation is heard. */
  const active = new Map<number, { aborted: boolean }>();

  async function search(id: number, task: ScanTask): Promise<SearchAnswer> {
    const signal = { aborted: false };
    active.set(id, signal);
    try {
      return { id, answer: await scan(task, signal) };
    } catch (error) {
      return { id, fault: faultOf(error) };
    } finally {
      active.delete(id);
    }
  }

  port.on('message', async (message: SearchMessage) => {
    if (!('cancel' in message)) return port.postMessage(await search(message.id, message.task));
    const cancelled = active.get(message.cancel);
    if (cancelled) cancelled.aborted = true;
  });
}

/** A class does not survive the way between threads. */
function faultOf(error: unknown): { code?: string; message: string } {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return { ...(typeof code === 'string' && { code }), message: String(message) };
}

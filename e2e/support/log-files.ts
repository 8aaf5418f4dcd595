import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogLine } from '../../server/contract/logs.ts';

const components = ['http', 'run', 'tool', 'provider', 'sandbox', 'sessions', 'lifecycle', 'console'];
const batch = 2000;

export interface LogFileOptions {
  lines: number;
  /** Lines of one file. */
  perFile?: number;
  /** Milliseconds from one line to the next; the newest is written now. */
  everyMs?: number;
}

/** The line with this number, about 200 bytes. One in 10,000 holds a needle. */
export function lineOf(seq: number, time: number): LogLine {
  return {
    seq,
    time,
    level: seq % 97 === 0 ? 'error' : seq % 31 === 0 ? 'warn' : 'info',
    component: components[seq % components.length] ?? 'http',
    msg: seq % 10_000 === 0 ? `needle ${seq}` : `Answered request ${seq} of this run`,
    ...{ runId: `run_${seq % 1000}`, sessionId: `ses_${seq % 5000}`, tenantId: 'default' },
    fields: { method: 'POST', path: '/api/chat/stream', status: seq % 97 === 0 ? 500 : 200, ms: seq % 1700 },
  };
}

/** Rotated log files as the program leaves them. Resolves with their bytes. */
export async function makeLogFiles(dataDir: string, options: LogFileOptions): Promise<number> {
  const { lines, perFile = 65_000, everyMs = 10 } = options;
  const dir = join(dataDir, 'logs');
  await mkdir(dir, { recursive: true });
  const start = Date.now() - lines * everyMs;
  const day = new Date(start).toISOString().slice(0, 10);
  let total = 0;
  for (let seq = 1, number = 1; seq <= lines; number++) {
    await using file = await open(join(dir, `agentrail-${day}.${number}.ndjson`), 'w', 0o600);
    const end = Math.min(lines, seq + perFile - 1);
    while (seq <= end) {
      let text = '';
      for (let count = 0; count < batch && seq <= end; count++, seq++) {
        text += `${JSON.stringify(lineOf(seq, start + seq * everyMs))}\n`;
      }
      total += (await file.write(text)).bytesWritten;
    }
  }
  return total;
}

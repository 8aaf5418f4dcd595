import { lstat, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { turnOf, userMessage } from '../conformance.ts';
import { createFileSessionStore } from '../file-store.ts';

/** What `du --apparent-size` counts of files. */
async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async (file) => (await lstat(path.join(file.parentPath, file.name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

const size = fc.integer({ min: 0, max: 3000 });
const operation = fc.oneof(
  fc.record({ op: fc.constant('append' as const), size }),
  fc.record({ op: fc.constant('turn' as const) }),
  fc.record({ op: fc.constant('rename' as const), size }),
  fc.record({ op: fc.constant('notes' as const), size }),
  fc.record({ op: fc.constant('artifact' as const), size }),
  fc.record({ op: fc.constant('trace' as const), size }),
  fc.record({ op: fc.constant('compact' as const), size }),
  fc.record({ op: fc.constant('fork' as const) }),
  fc.record({ op: fc.constant('upload' as const), size }),
  fc.record({ op: fc.constant('delete' as const) }),
  fc.record({ op: fc.constant('reopen' as const) }),
);
const sessionIds = ['a', 'b', 'c'];

describe('sizes', () => {
  it('are what lies on the disk, whatever was written, for sessions, tenants and all together', async () => {
    const step = fc.tuple(fc.constantFrom('acme', 'other'), fc.constantFrom(...sessionIds), operation);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const dataDir = await mkdtemp(path.join(tmpdir(), 'sizes-'));
        const open = () => createFileSessionStore({ dataDir, logger: silentLogger, clock: systemClock, fsync: 'none' });
        let store = open();
        try {
          let forks = 0;
          for (const [tenantId, sessionId, made] of steps) {
            const key = { tenantId, userId: 'ann', sessionId };
            const folder = path.join(dataDir, 'tenants', tenantId, 'sessions', sessionId);
            await store.getOrCreate(key, { agentId: 'default', title: 'T' });
            if (made.op === 'append') await store.appendMessages(key, [userMessage('x'.repeat(made.size + 1))]);
            else if (made.op === 'turn') await store.recordTurn(key, turnOf());
            else if (made.op === 'rename') await store.update(key, { title: 'ü'.repeat(made.size) });
            else if (made.op === 'notes') await store.writeMemory(key, 'NOTES.md', 'n'.repeat(made.size));
            else if (made.op === 'artifact') await store.writeArtifact(key, 'call_1', 'a'.repeat(made.size));
            else if (made.op === 'trace') {
              store.trace(key, 'run', { type: 'error', error: { message: 't'.repeat(made.size), code: 'x' } });
            } else if (made.op === 'compact') {
              await store.appendMessages(key, [userMessage('y')]);
              const { messages } = await store.loadMessages(key);
              await store.compact(key, { messageCount: messages.length, summary: 's'.repeat(made.size) });
            } else if (made.op === 'fork') {
              forks += 1;
              await store.fork(key, { sessionId: `fork-${forks}` });
            } else if (made.op === 'upload') {
              const uploads = path.join(folder, 'uploads');
              await mkdir(uploads, { recursive: true });
              const file = path.join(uploads, 'file');
              await store.addFiles?.(key, async () => {
                const before = await lstat(file).catch(() => undefined);
                await writeFile(file, 'u'.repeat(made.size));
                return made.size - (before?.size ?? 0);
              });
            } else if (made.op === 'delete') await store.delete(key);
            else {
              await store.close();
              store = open();
            }
          }
          // Traces are not waited for, closing waits for them. What is told before and after must be the same.
          for (const _ of ['written', 'read again']) {
            await store.close();
            store = open();
            const { sessions } = await store.list({ limit: 200 });
            for (const row of sessions) {
              const folder = path.join(dataDir, 'tenants', row.tenantId, 'sessions', row.sessionId);
              expect(row.sizeBytes, row.sessionId).toBe(await bytesBelow(folder));
            }
            const all = (await store.allTotals?.()) ?? [];
            for (const { tenantId, sizeBytes } of all) {
              expect(sizeBytes).toBe(await bytesBelow(path.join(dataDir, 'tenants', tenantId, 'sessions')));
            }
            expect(all.reduce((sum, { sessions: count }) => sum + count, 0)).toBe(sessions.length);
          }
        } finally {
          await store.close();
          await rm(dataDir, { recursive: true });
        }
      }),
      { numRuns: 12 },
    );
  });
});

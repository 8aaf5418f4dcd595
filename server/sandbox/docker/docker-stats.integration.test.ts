import { expect, it } from 'vitest';
import type { ContainerUse } from '../container-use.ts';
import { openRealSandboxes } from '../real-sandboxes.ts';

it('an engine tells the use of a container until it is asked to stop, or the container ends', async () => {
  const real = await openRealSandboxes();
  try {
    const { info } = await real.manager.acquire({ tenantId: 'acme', sessionId: 'ses_use' });
    const told: ContainerUse[] = [];
    const stop = new AbortController();
    const watching = real.engine.watchUse(info.id, (use) => told.push(use), stop.signal);
    await expect.poll(() => told.length, { timeout: 8000 }).toBeGreaterThanOrEqual(2);
    expect(told[0]?.memoryBytes).toBeGreaterThan(1_000_000);
    expect(told[0]?.pids).toBeGreaterThanOrEqual(1);
    stop.abort();
    await watching;
    let isTold = false;
    const tell = () => {
      isTold = true;
    };
    const toItsEnd = real.engine.watchUse(info.id, tell, new AbortController().signal);
    // The engine keeps silent for good about a container that ends before it was asked.
    await expect.poll(() => isTold, { timeout: 8000 }).toBe(true);
    await real.manager.destroy(info.id);
    await toItsEnd;
    await real.engine.watchUse('no-such-container', () => undefined, new AbortController().signal);
  } finally {
    await real.close();
  }
});

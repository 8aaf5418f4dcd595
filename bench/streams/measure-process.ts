import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/free-port.ts';
import { median } from '../support/statistics.ts';
import { startOurs } from './subjects.ts';

export interface ProcessFigures {
  coldStartHealthMs: number;
  /** Undefined where no Docker is. */
  coldStartReadyMs: number | undefined;
}

const starts = 7;
const dockerSocket = '/var/run/docker.sock';

/** Fresh starts of the built program, from `spawn` to its first good answer. */
export async function measureProcess(dir: string, upstream: string): Promise<ProcessFigures> {
  const health: number[] = [];
  const ready: number[] = [];
  const hasDocker = existsSync(dockerSocket);
  for (let start = 0; start < starts; start += 1) {
    health.push(await timeUntil('/health', dir, upstream));
    if (hasDocker) ready.push(await timeUntil('/ready', dir, upstream, `unix://${dockerSocket}`));
  }
  return { coldStartHealthMs: median(health), coldStartReadyMs: hasDocker ? median(ready) : undefined };
}

async function timeUntil(path: string, dir: string, upstream: string, dockerHost?: string): Promise<number> {
  const port = await freePort();
  const startedAt = performance.now();
  const starting = startOurs(upstream, { dir, port, provider: 'openai-compatible', ...(dockerHost && { dockerHost }) });
  try {
    for (let tries = 0; tries < 10_000; tries += 1) {
      if (await isGood(`http://127.0.0.1:${port}${path}`)) return performance.now() - startedAt;
      await sleep(2);
    }
    throw new Error(`${path} never answered well.`);
  } finally {
    await (await starting).stop();
  }
}

async function isGood(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    // Nobody listens yet.
    return false;
  }
}

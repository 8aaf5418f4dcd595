import { addAbortSignal, type Readable } from 'node:stream';
import type Docker from 'dockerode';
import { z } from 'zod';
import type { ContainerUse, UseEngine } from '../container-use.ts';

const maxLine = 65_536;
const count = z.number().nonnegative();

/** What is read of the engine's own statistics; while a container starts or ends parts of it are missing. */
const statsSchema = z.object({
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: count }) }),
  memory_stats: z.object({
    usage: count,
    stats: z.object({ inactive_file: count.optional(), total_inactive_file: count.optional() }).default({}),
  }),
  pids_stats: z.object({ current: count }),
});

/** One line of the stream; undefined when it tells nothing, as when the container has just ended. */
export function parseStats(line: string): ContainerUse | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const parsed = statsSchema.safeParse(value);
  if (!parsed.success) {
    return undefined;
  }
  const { cpu_stats, memory_stats, pids_stats } = parsed.data;
  const cache = memory_stats.stats.total_inactive_file ?? memory_stats.stats.inactive_file ?? 0;
  return {
    cpuMicros: Math.round(cpu_stats.cpu_usage.total_usage / 1000),
    memoryBytes: Math.max(0, memory_stats.usage - cache),
    pids: pids_stats.current,
  };
}

export function createDockerStats(docker: Docker): UseEngine {
  return {
    async watchUse(nameOrId, onUse, signal) {
      try {
        const stream = (await docker.getContainer(nameOrId).stats({ stream: true })) as Readable;
        for await (const line of linesOf(addAbortSignal(signal, stream))) {
          const use = parseStats(line);
          if (use) {
            onUse(use);
          }
        }
      } catch {
        // Asked to end, or the container or the engine is gone: its state tells that already.
        return;
      }
    },
  };
}

/** A line that does not end is cut off; what is left of it is none that can be parsed. */
async function* linesOf(stream: Readable): AsyncGenerator<string, void, void> {
  let rest = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = (rest + (chunk as string)).split('\n');
    rest = (lines.pop() ?? '').slice(0, maxLine);
    yield* lines;
  }
}

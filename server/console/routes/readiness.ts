import { Hono } from 'hono';
import type { LiveInstance } from '../../agent/runs.ts';
import { readinessSchema } from '../../contract/answers.ts';
import type { Readiness, ServerPhase } from '../../contract/server-state.ts';
import { messageOf } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { answer } from '../answer.ts';
import type { DiskUse, ProcessUse } from '../console-state.ts';
import type { ConsoleContext } from '../context.ts';

/** Longer than any answer takes that a probe of an orchestrator would wait for. */
const probeTimeoutMs = 5000;
const longestBody = 16_384;

/** What a client got that asked the server over its address. */
export interface HealthProbe {
  url: string;
  durationMs: number;
  /** Absent when there was no answer; `error` then says why. */
  status?: number;
  body?: string;
  error?: string;
}

export interface HealthReport {
  /** Milliseconds since 1970. */
  checkedAt: number;
  phase: ServerPhase;
  /** Both absent while nothing listens: then there is nothing to ask. */
  liveness?: HealthProbe;
  readiness?: HealthProbe & { found?: Readiness };
  process: ProcessUse;
  disk: DiskUse | null;
  /** The instances of the server on the same database, this one among them; absent with sessions in files. */
  instances?: LiveInstance[];
}

/** Asks the server over HTTP, as a load balancer would, and looks at the process meanwhile. */
export function readinessRoutes(context: ConsoleContext) {
  const { clock, server } = context;

  return new Hono().get('/health', async (c) => {
    const { signal } = c.req.raw;
    const { address, phase } = server.state();
    const ask = async (path: string) =>
      address === undefined ? undefined : await probe(`${address}${path}`, clock, signal);
    const [liveness, readiness, { process, disk }] = await Promise.all([
      ask('/health'),
      ask('/ready'),
      context.state(),
    ]);
    const instances = await instancesOf(context);
    const found = readiness && parseReadiness(readiness.body);
    return answer<HealthReport>(c, {
      checkedAt: clock.now(),
      phase,
      ...(liveness && { liveness }),
      ...(readiness && { readiness: { ...readiness, ...(found && { found }) } }),
      process,
      disk,
      ...(instances && { instances }),
    });
  });
}

/** Undefined while they cannot be asked for. */
async function instancesOf({ server, logger }: ConsoleContext): Promise<LiveInstance[] | undefined> {
  try {
    return await server.parts()?.runs.elsewhere?.instances?.();
  } catch (error) {
    logger.debug('other instances are not known now', { reason: messageOf(error) });
    return undefined;
  }
}

async function probe(url: string, clock: Clock, outer: AbortSignal): Promise<HealthProbe> {
  const began = clock.monotonic();
  const lasted = () => Math.max(0, Math.round((clock.monotonic() - began) * 10) / 10);
  const signal = AbortSignal.any([outer, AbortSignal.timeout(probeTimeoutMs)]);
  try {
    const response = await fetch(url, { signal, redirect: 'manual', headers: { Connection: 'close' } });
    const body = (await response.text()).slice(0, longestBody);
    return { url, durationMs: lasted(), status: response.status, body };
  } catch (error) {
    return { url, durationMs: lasted(), error: reasonOf(error) };
  }
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): string {
  const { cause } = error instanceof Error ? error : {};
  if (error instanceof Error && error.name === 'TimeoutError')
    return `No answer came within ${probeTimeoutMs / 1000} seconds.`;
  return messageOf(cause instanceof Error ? cause : error);
}

/** Undefined when the answer is not one of `/ready`, for instance that of another program. */
function parseReadiness(body: string | undefined): Readiness | undefined {
  if (body === undefined) return undefined;
  try {
    return readinessSchema.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

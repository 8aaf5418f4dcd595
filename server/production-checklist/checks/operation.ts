import { stat } from 'node:fs/promises';
import path from 'node:path';
import { probeWritable } from '../../data/write-probe.ts';
import { listLogFiles } from '../../telemetry/log-files.ts';
import { type Check, type Finding, seen } from '../check.ts';
import type { ChecklistSurroundings } from '../surroundings.ts';
import { ask, toldAnswer } from './reach.ts';

/** No clock that is right is before this program was written. */
const leastTime = Date.UTC(2026, 0, 1);
const mostApartMs = 30_000;

export const health: Check = {
  id: 'health',
  timeoutMs: 15_000,
  async run(at, signal) {
    const address = at.serverAddress();
    if (address === undefined)
      return {
        state: 'could_not_check',
        code: 'not_running',
        evidence: [seen('address', 'none')],
        fix: 'open_overview',
      };
    const how = { monotonic: at.monotonic, signal };
    const [alive, ready] = await Promise.all([ask(`${address}/health`, {}, how), ask(`${address}/ready`, {}, how)]);
    const evidence = [
      seen(`GET ${address}/health`, toldAnswer(alive)),
      seen(`GET ${address}/ready`, toldAnswer(ready)),
    ];
    if (alive.status === undefined)
      return {
        state: 'failed',
        code: 'health_silent',
        params: { reason: alive.error ?? '' },
        evidence,
        fix: 'open_health',
      };
    if (alive.status !== 200)
      return { state: 'failed', code: 'health_wrong', params: { status: alive.status }, evidence, fix: 'open_health' };
    if (ready.status !== 200) return { state: 'warning', code: 'health_not_ready', evidence, fix: 'open_health' };
    return { state: 'passed', code: 'health_answers', params: { ms: alive.tookMs }, evidence };
  },
};

export const logs: Check = {
  id: 'logs',
  async run(at, signal) {
    const { level } = at.settings().logging;
    const { logsDays } = at.settings().retention;
    const files = listLogFiles(path.join(at.dataDir, 'logs'));
    const evidence = [
      seen('folder', path.join(at.dataDir, 'logs')),
      seen('files', files.length),
      seen('logging.level', level),
      seen('retention.logsDays', logsDays ?? 'not set'),
    ];
    const written = (await at.tryLog?.(signal)) ?? undefined;
    const lost: Finding = { state: 'failed', code: 'logs_lost', evidence, fix: 'open_logs' };
    let found: Pick<Finding, 'code' | 'params'> = { code: 'logs_collected' };
    if (written) {
      evidence.push(seen('line written and found again', `${written.isFound ? 'yes' : 'no'}, ${written.tookMs} ms`));
      if (!written.isFound) return lost;
    } else {
      const newest = await newestChange(files.map((file) => file.path));
      if (newest === undefined) return { state: 'could_not_check', code: 'logs_none', evidence };
      const minutes = Math.max(0, Math.round((at.now() - newest) / 60_000));
      evidence.push(seen('newest line', new Date(newest).toISOString()));
      found = { code: 'logs_seen', params: { minutes } };
    }
    if (level === 'warn' || level === 'error')
      return { state: 'warning', code: 'logs_quiet', params: { level }, evidence, fix: 'set_log_level' };
    if (logsDays === undefined) return { state: 'warning', code: 'logs_endless', evidence, fix: 'set_log_retention' };
    return { state: 'passed', ...found, evidence };
  },
};

async function newestChange(files: readonly string[]): Promise<number | undefined> {
  const times = await Promise.all(files.map(async (file) => (await stat(file)).mtimeMs));
  return times.length === 0 ? undefined : Math.max(...times);
}

export const clock: Check = {
  id: 'clock',
  timeoutMs: 100_000,
  async run(at, signal) {
    const here = at.now();
    const time = new Date(here).toISOString();
    const evidence = [seen('this machine', time)];
    if (here < leastTime) return { state: 'failed', code: 'clock_wrong', params: { time }, evidence };
    const others: { other: string; apartMs: number }[] = [];
    // The disk stamps what is changed by its own clock; a file that comes and goes changes the folder.
    await probeWritable(at.dataDir);
    others.push({ other: 'the disk', apartMs: (await stat(at.dataDir)).ctimeMs - at.now() });
    const docker = await dockerAhead(at, signal);
    if (typeof docker === 'number') others.push({ other: 'Docker', apartMs: docker });
    else evidence.push(seen('Docker', docker));
    for (const { other, apartMs } of others) evidence.push(seen(other, `${Math.round(apartMs)} ms apart`));
    const worst = others.toSorted((a, b) => Math.abs(b.apartMs) - Math.abs(a.apartMs))[0];
    if (worst && Math.abs(worst.apartMs) > mostApartMs) {
      const params = { other: worst.other, seconds: Math.round(Math.abs(worst.apartMs) / 1000) };
      return { state: 'warning', code: 'clock_apart', params, evidence };
    }
    return { state: 'passed', code: 'clock_right', evidence };
  },
};

/** Milliseconds, or why they are not known: without Docker there is one clock fewer to compare. */
async function dockerAhead(at: ChecklistSurroundings, signal: AbortSignal): Promise<number | string> {
  try {
    return (await at.trySandbox(signal)).engineAheadMs;
  } catch (error) {
    signal.throwIfAborted();
    return `not asked: ${error instanceof Error ? error.message : String(error)}`;
  }
}

export const update: Check = {
  id: 'update',
  timeoutMs: 20_000,
  async run(at) {
    const { version } = at;
    const evidence = [seen('version', version)];
    const known = await at.updates?.();
    if (known === undefined) return { state: 'could_not_check', code: 'update_unknown', params: { version }, evidence };
    evidence.push(seen('looked', new Date(known.checkedAt).toISOString()));
    if (known.problem !== undefined) {
      const params = { version, reason: known.problem };
      return { state: 'could_not_check', code: 'update_failed', params, evidence };
    }
    if (known.latest === undefined) return { state: 'passed', code: 'update_current', params: { version }, evidence };
    evidence.push(seen('newest', known.latest));
    return { state: 'warning', code: 'update_available', params: { version, latest: known.latest }, evidence };
  },
};

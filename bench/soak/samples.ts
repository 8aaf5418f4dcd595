import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { slopeOf } from '../support/statistics.ts';

const run = promisify(execFile);

/** What must not grow. Bounds are growth from the end of the warm-up to the end, by the slope of all samples between. */
const bounds = {
  /** After a full collection of garbage. */
  'heap MiB': 8,
  /** Follows the heap's peaks and what the allocator keeps. */
  'RSS MiB': 60,
  'open files': 10,
  timers: 6,
  'other handles': 6,
  containers: 2,
  /** In the data directory without logs. */
  files: 60,
  listeners: 4,
} as const;
type Measure = keyof typeof bounds;
/** `kinds`: the other handles by what they are. */
type Sample = Record<Measure, number> & { at: number; kinds: Record<string, number> };

const warmUp = 0.3;
const measures = Object.keys(bounds) as Measure[];

export interface Samples {
  /** `at`: share of the time that is over. Gives a line for the person. */
  take(at: number): Promise<string>;
  /** Prints the table; false when something grew. */
  conclude(): boolean;
}

export function createSamples(dataDir: string): Samples {
  const samples: Sample[] = [];
  return {
    async take(at) {
      const sample = await look(dataDir, at);
      samples.push(sample);
      return `${Math.round(at * 100)} %: ${measures.map((name) => `${name} ${sample[name]}`).join(', ')};`;
    },
    conclude() {
      const after = samples.filter(({ at }) => at >= warmUp);
      console.log(
        `\n${samples.length} samples, ${after.length} after the warm-up; load average ${loadavg()[0]?.toFixed(1)}\n`,
      );
      console.log('| Measure | After the warm-up | At the end | Growth by the slope | Bound |\n|---|---|---|---|---|');
      let isFlat = after.length >= 5;
      for (const name of measures) {
        const growth = slopeOf(after.map((sample) => [sample.at, sample[name]] as const)) * (1 - warmUp);
        const isFine = growth <= bounds[name];
        isFlat &&= isFine;
        const [first, last] = [after[0]?.[name], after.at(-1)?.[name]];
        console.log(
          `| ${name} | ${first} | ${last} | ${growth.toFixed(1)} | ${bounds[name]}${isFine ? '' : ' **exceeded**'} |`,
        );
      }
      const kinds = [...new Set(after.flatMap((sample) => Object.keys(sample.kinds)))];
      const counts = kinds.map((kind) => `${kind} ${after.map((sample) => sample.kinds[kind] ?? 0).join(' ')}`);
      console.log(`\nOther handles by kind, one number per sample:\n${counts.join('\n')}`);
      return isFlat;
    },
  };
}

/** Work that goes on: it ends by itself, and how much there is at a moment says nothing of what stays. */
const passing = /^(FSReq|CloseReq|Immediate|TickObject|.*ReqWrap$|.*Request$)/;
/** How often, how far apart and how long the program is looked at until it does nothing more. */
const quietLooks = 4;
const lookEveryMs = 250;
const longestWaitMs = 20_000;

/** What stays open once what was under way has ended: the least of some looks in a row without such work. */
async function settledHandles(): Promise<{ timers: number; kinds: Record<string, number> }> {
  const end = performance.now() + longestWaitMs;
  let least: { timers: number; others: string[] } | undefined;
  for (let quiet = 0; quiet < quietLooks && performance.now() < end; ) {
    const names = process.getActiveResourcesInfo();
    const others = names.filter((name) => name !== 'Timeout' && !passing.test(name));
    const isQuiet = !names.some((name) => passing.test(name) && name !== 'Immediate' && name !== 'TickObject');
    quiet = isQuiet ? quiet + 1 : 0;
    if (least === undefined || others.length < least.others.length) {
      least = { timers: names.length - names.filter((name) => name !== 'Timeout').length, others };
    }
    await sleep(lookEveryMs);
  }
  const kinds: Record<string, number> = {};
  for (const name of least?.others ?? []) kinds[name] = (kinds[name] ?? 0) + 1;
  return { timers: least?.timers ?? 0, kinds };
}

async function look(dataDir: string, at: number): Promise<Sample> {
  const { timers, kinds } = await settledHandles();
  // Twice, because what a finalizer lets go of goes at the second.
  for (let time = 0; time < 2; time += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, rss } = process.memoryUsage();
  const files = await readdir(dataDir, { recursive: true }).catch(() => []);
  const mebibytes = (bytes: number): number => Math.round(bytes / 104_857.6) / 10;
  return {
    at,
    'heap MiB': mebibytes(heapUsed),
    'RSS MiB': mebibytes(rss),
    'open files': (await readdir('/proc/self/fd')).length,
    timers,
    'other handles': Object.values(kinds).reduce((sum, count) => sum + count, 0),
    kinds,
    containers: await countContainers(dataDir),
    files: files.filter((name) => !name.startsWith('logs/')).length,
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
  };
}

/** Those that have a folder of this data directory mounted: the machine may have others. */
async function countContainers(dataDir: string): Promise<number> {
  const ids = await run('docker', ['ps', '-aq', '--filter', 'label=run.agentrail.managed=1']).catch(() => ({
    stdout: '',
  }));
  const list = ids.stdout.trim().split('\n').filter(Boolean);
  if (list.length === 0) return 0;
  const { stdout } = await run('docker', [
    'inspect',
    '--format',
    '{{range .Mounts}}{{.Source}} {{end}}',
    ...list,
  ]).catch(
    // One of them went in between.
    (error: unknown) => ({ stdout: String((error as { stdout?: string }).stdout ?? '') }),
  );
  return stdout.split('\n').filter((line) => line.includes(dataDir)).length;
}

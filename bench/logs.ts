// What the log pipeline costs, beside plain Node in the same run.
//   node bench/logs.ts [--lines 1000000] [--rounds 3]
// Prints one Markdown table and writes .cache/bench/logs.json.
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeLogFiles } from '../e2e/support/log-files.ts';
import { logFilterSchema } from '../server/contract/logs.ts';
import { systemClock } from '../server/lib/clock.ts';
import { createLiveRedactor, createSecretMatcher } from '../server/secrets/redactor.ts';
import { createLogging } from '../server/telemetry/logging.ts';
import { type Row, toTable } from './sandbox/rows.ts';

interface Options {
  lines: number;
  rounds: number;
}

const writtenLines = 50_000;
const secrets = Array.from({ length: 10 }, (_, place) => ({
  name: `KEY_${place}`,
  value: `sk-bench-${place}-0123456789abcdef-${'z'.repeat(20)}`,
}));
const redactor = createLiveRedactor(
  (
    (matcher) => () =>
      matcher
  )(createSecretMatcher(secrets)),
);

/** Rows of one table; each work is done in turn with its floor. */
export async function run({ lines, rounds }: Options): Promise<Row[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bench-logs-'));
  try {
    const rows = await measureWriting(dataDir, rounds);
    await rm(join(dataDir, 'logs'), { recursive: true });
    await makeLogFiles(dataDir, { lines });
    return [...rows, ...(await measureReading(dataDir, lines, rounds))];
  } finally {
    await rm(dataDir, { recursive: true });
  }
}

async function measureWriting(dataDir: string, rounds: number): Promise<Row[]> {
  const ours: number[] = [];
  const perLine: number[] = [];
  const floors: number[] = [];
  const redaction: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await rm(join(dataDir, 'logs'), { recursive: true, force: true });
    const { logger, store } = createLogging({
      dataDir,
      level: () => 'info',
      redactor: () => redactor,
      clock: systemClock,
    });
    const run = logger.child({ component: 'run', runId: 'run_1', sessionId: 'ses_1', tenantId: 'default' });
    let began = performance.now();
    let logging = 0;
    for (let line = 0; line < writtenLines; line++) {
      const from = performance.now();
      run.info(`Answered request ${line} of this run`, {
        method: 'POST',
        path: '/api/chat/stream',
        status: 200,
        ms: line,
      });
      logging += performance.now() - from;
      // As in life: the disk is written between the lines of one tick and the next.
      if (line % 1000 === 999) await new Promise((resolve) => setImmediate(resolve));
    }
    await store.flush();
    ours.push(perSecond(writtenLines, performance.now() - began));
    perLine.push((logging / writtenLines) * 1000);
    await store.close();

    const texts = (await readLog(dataDir)).split('\n').filter((text) => text !== '');
    if (texts.length !== writtenLines) throw new Error(`${writtenLines - texts.length} lines are not in the file.`);
    began = performance.now();
    for (const text of texts) redactor.redact(text);
    redaction.push(((performance.now() - began) / writtenLines) * 1000);

    await using file = await open(join(dataDir, 'plain.ndjson'), 'w');
    began = performance.now();
    for (let at = 0; at < texts.length; at += 1000) await file.write(`${texts.slice(at, at + 1000).join('\n')}\n`);
    floors.push(perSecond(writtenLines, performance.now() - began));
  }
  return [
    {
      figure: 'lines written per second',
      floor: floors,
      ours,
      goal: '≥ 10,000',
      against: 'the same bytes, 1,000 lines per write',
    },
    {
      figure: 'one line until the caller goes on, µs',
      floor: redaction,
      ours: perLine,
      goal: '–',
      against: 'its redaction alone, ten secrets',
    },
  ];
}

async function measureReading(dataDir: string, lines: number, rounds: number): Promise<Row[]> {
  const open = () =>
    createLogging({ dataDir, level: () => 'info', redactor: () => redactor, clock: systemClock }).store;
  const filter = (part: object) => logFilterSchema.parse({ limit: 2000, ...part });
  let store = open();
  const cold = [await timed(() => store.query(filter({ beforeSeq: Math.round(lines / 2), limit: 500 })))];
  const overviews = [await timed(() => store.overview({ buckets: 120 }))];
  const works = {
    jump: () => store.query(filter({ beforeSeq: 1000 + Math.floor(Math.random() * (lines - 1000)), limit: 500 })),
    regex: () => searchAll('/needle \\d+0000$/'),
    missing: () => searchAll('/(timeout|refused) after \\d+ ms/i'),
    blind: () => searchAll('/[x-z]{9}/'),
    text: () => searchAll('needle'),
    scan: () => scanPlainly(dataDir, /needle \d+0000"/),
  };
  async function searchAll(text: string): Promise<void> {
    let beforeSeq: number | undefined;
    do {
      const page = await store.query(filter({ text, beforeSeq }));
      beforeSeq = page.continueAt ?? (page.hasMore ? page.lines[0]?.seq : undefined);
    } while (beforeSeq !== undefined);
  }
  type Name = keyof typeof works;
  const names = Object.keys(works) as Name[];
  const noTimes = () => Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  const times = noTimes();
  /** Of all threads together: what other programs take is not in it. */
  const onCores = noTimes();
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const before = process.cpuUsage();
      times[name].push(await timed(works[name]));
      const { user, system } = process.cpuUsage(before);
      onCores[name].push((user + system) / 1000);
    }
  }
  await store.close();
  store = open();
  cold.push(await timed(() => store.query(filter({ beforeSeq: Math.round(lines / 3), limit: 500 }))));
  await store.close();
  const against = 'a plain read of all files, the expression on each line';
  const searchRows = (figure: string, name: Name): Row[] => [
    { figure: `${figure}, ms`, floor: times.scan, ours: times[name], goal: '≤ 3000', against },
    { figure: '… ms on cores', floor: onCores.scan, ours: onCores[name], goal: '–', against },
  ];
  return [
    { figure: 'jump anywhere, index ready, ms', ours: times.jump, goal: '≤ 50' },
    { figure: 'jump anywhere, first after a start, ms', ours: cold, goal: '≤ 50' },
    { figure: 'index of all files made, and the overview, ms', ours: overviews, goal: '–' },
    ...searchRows('regex over all', 'regex'),
    ...searchRows('regex over all, nothing found', 'missing'),
    ...searchRows('regex over all, of which no text is certain', 'blind'),
    ...searchRows('text over all', 'text'),
  ];
}

async function scanPlainly(dataDir: string, pattern: RegExp): Promise<number> {
  let count = 0;
  for (const name of await logNames(dataDir)) {
    const text = await readFile(join(dataDir, 'logs', name), 'utf8');
    for (const line of text.split('\n')) if (pattern.test(line)) count++;
  }
  return count;
}

async function readLog(dataDir: string): Promise<string> {
  const names = await logNames(dataDir);
  return (await Promise.all(names.map((name) => readFile(join(dataDir, 'logs', name), 'utf8')))).join('');
}

async function logNames(dataDir: string): Promise<string[]> {
  return (await readdir(join(dataDir, 'logs'))).filter((name) => name.endsWith('.ndjson')).sort();
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function perSecond(count: number, ms: number): number {
  return (count / ms) * 1000;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { lines: { type: 'string', default: '1000000' }, rounds: { type: 'string', default: '3' } },
  });
  const before = loadavg()[0] ?? 0;
  const rows = await run({ lines: Number(values.lines), rounds: Number(values.rounds) });
  const load = `${before.toFixed(1)} before, ${(loadavg()[0] ?? 0).toFixed(1)} after`;
  process.stdout.write(`${toTable(rows)}\n\nMedian (least–most). Load ${load}.\n`);
  const folder = join(import.meta.dirname, '../.cache/bench');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'logs.json'), `${JSON.stringify({ load, rows }, null, 2)}\n`);
}

import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { FuzzReport } from '../server/storm/fuzz/fuzz.ts';
import { openOutsideTargets } from '../server/storm/fuzz/outside-targets.ts';
import { parserTargets } from '../server/storm/fuzz/targets.ts';

/**
 * `node bench/fuzz.ts [--seconds 60] [--seed 1] [--only NAME] [--inputs N] [--json]`: changes inputs of parsers and keeps
 * those that reach code which none has reached before. Each parser gets its share of the time, in a thread of its own, so
 * that one which never comes back can be told. `--only NAME --input BASE64` tries a finding again.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    inputs: { type: 'string' },
    input: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

/** Of one input. */
const hangsAfterMs = 30_000;
/** Of the memory that tells which input is being tried: its length, its number, its bytes. */
const headBytes = 8;
const mostInputBytes = 65_536;

const targets = [...parserTargets, ...(await openOutsideTargets())].filter(
  ({ name }) => values.only === undefined || name === values.only,
);
if (targets.length === 0) throw new Error(`There is no parser ${values.only}.`);

if (values.input !== undefined) {
  await targets[0]?.run(Buffer.from(values.input, 'base64'));
  console.log('keeps its promises');
} else {
  const reports = [];
  for (const { name } of targets) {
    const report = { name, ...(await fuzzInThread(name)) };
    reports.push(report);
    if (!values.json) console.log(tell(report));
  }
  if (values.json) console.log(JSON.stringify(reports));
  if (reports.some(({ findings }) => findings.length > 0)) process.exitCode = 1;
}
for (const target of targets) await target.close?.();

type Report = Omit<FuzzReport, 'findings'> & { seedBlocks: number; findings: { message: string; input: string }[] };

function fuzzInThread(name: string): Promise<Report> {
  const shared = new SharedArrayBuffer(headBytes + mostInputBytes);
  const head = new Int32Array(shared, 0, 2);
  const worker = new Worker(new URL('./fuzz/fuzz-thread.ts', import.meta.url), {
    workerData: {
      name,
      shared,
      seed: Number(values.seed),
      inputs: values.inputs === undefined ? undefined : Number(values.inputs),
      durationMs: (Number(values.seconds) * 1000) / targets.length,
    },
  });
  return new Promise((resolve, reject) => {
    let last = -1;
    const watch = setInterval(() => {
      const now = Atomics.load(head, 1);
      if (now !== last) {
        last = now;
        return;
      }
      clearInterval(watch);
      const input = Buffer.from(shared, headBytes, Atomics.load(head, 0)).toString('base64');
      const findings = [{ message: `does not come back within ${hangsAfterMs / 1000} s`, input }];
      worker
        .terminate()
        .then(() => resolve({ inputs: now, corpus: 0, blocks: 0, seedBlocks: 0, growth: [], findings }), reject);
    }, hangsAfterMs);
    worker.once('message', (report: Report) => {
      clearInterval(watch);
      resolve(report);
    });
    worker.once('error', (error) => {
      clearInterval(watch);
      reject(error);
    });
  });
}

function tell({ name, inputs, corpus, blocks, growth, findings }: Report & { name: string }): string {
  const steps = [0.001, 0.01, 0.1, 1].map(
    (share) => growth.findLast((step) => step.inputs <= inputs * share)?.blocks ?? 0,
  );
  const lines = [
    `${name}: ${inputs} inputs, corpus ${corpus}, blocks ${blocks} (after 0.1, 1, 10, 100 %: ${steps.join(', ')})`,
  ];
  for (const { message, input } of findings) {
    lines.push(`  FOUND ${message}\n  again: node bench/fuzz.ts --only ${name} --input ${input}`);
  }
  return lines.join('\n');
}

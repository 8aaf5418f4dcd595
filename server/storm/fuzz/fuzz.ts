import { messageOf } from '../../lib/app-error.ts';
import { createRandom } from '../random.ts';
import { createCoverage } from './coverage.ts';
import { mutate } from './mutate.ts';

/** Code that takes bytes of strangers, and what it promises for all of them. */
export interface FuzzTarget {
  name: string;
  /** Whose blocks guide the search. */
  covers(url: string): boolean;
  seeds: readonly (string | Uint8Array)[];
  /** Words that mean something to it. */
  dictionary: readonly string[];
  mostBytes?: number;
  /** Rejects or throws when a promise is broken; refusals that belong to the code are taken inside. */
  run(input: Uint8Array): void | Promise<void>;
  close?(): Promise<void>;
}

export interface FuzzOptions {
  seed: number;
  /** Ends after so many inputs, or as soon as `isOver`. */
  inputs?: number;
  isOver?(): boolean;
  /** False: inputs that reach something new are not kept, for comparison. */
  isGuided?: boolean;
  /** Before each input: should it never end, this is what it was. */
  onInput?(input: Uint8Array): void;
}

export interface FuzzReport {
  inputs: number;
  /** Inputs that were kept because they reached something new, seeds among them. */
  corpus: number;
  blocks: number;
  /** Blocks after so many inputs, each time that there were more. */
  growth: { inputs: number; blocks: number }[];
  /** One per message. */
  findings: { message: string; input: Uint8Array }[];
}

/** Inputs between two looks at the coverage, which costs more than most of them. */
const batchSize = 40;
/** Processor time of one input above which it counts as a finding. */
const longestCpuMs = 3000;

/** Changes inputs, keeps those that reach what none has reached before, and changes them again. */
export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<FuzzReport> {
  const { isGuided = true, isOver = () => false } = options;
  const most = options.inputs ?? Number.POSITIVE_INFINITY;
  const random = createRandom(options.seed);
  const mutations = { dictionary: target.dictionary.map(bytesOf), mostBytes: target.mostBytes ?? 4096 };
  const seeds = target.seeds.map(bytesOf);
  const corpus: Uint8Array[] = [...seeds];
  const report: FuzzReport = { inputs: 0, corpus: seeds.length, blocks: 0, growth: [], findings: [] };
  const coverage = createCoverage(target.covers);

  async function tryInput(input: Uint8Array): Promise<void> {
    options.onInput?.(input);
    latest = input;
    const before = process.cpuUsage();
    try {
      await target.run(input);
    } catch (error) {
      note(messageOf(error), input);
    }
    const { user } = process.cpuUsage(before);
    if (user > longestCpuMs * 1000) note(`takes more than ${longestCpuMs} ms of processor time`, input);
  }

  // They come a moment later: what was tried then or just before is what they are about.
  let latest: Uint8Array = new Uint8Array();
  const onWarning = ({ name, message }: Error): void => {
    if (name !== 'ExperimentalWarning') note(`prints the warning ${name}: ${message.slice(0, 20)}`, latest);
  };

  function note(message: string, input: Uint8Array): void {
    const known = report.findings.find((finding) => finding.message === message);
    // The shortest one is the easiest to read.
    if (known === undefined) report.findings.push({ message, input });
    else if (input.length < known.input.length) known.input = input;
  }

  function keep(found: number, input?: Uint8Array): void {
    if (found === 0) return;
    if (input !== undefined && isGuided) corpus.push(input);
    report.growth.push({ inputs: report.inputs, blocks: coverage.blocks() });
  }

  /** What came last led somewhere new and is taken more often. */
  function pick(): Uint8Array {
    const recent = Math.ceil(corpus.length / 4);
    const at = random.next() < 0.5 ? corpus.length - 1 - random.below(recent) : random.below(corpus.length);
    return corpus[at] ?? new Uint8Array();
  }

  process.on('warning', onWarning);
  try {
    for (const input of seeds) {
      await tryInput(input);
      keep(coverage.look());
    }
    while (report.inputs < most && !isOver()) {
      const size = Math.min(batchSize, most - report.inputs);
      const batch = Array.from({ length: size }, () => mutate(pick(), pick(), random, mutations));
      for (const input of batch) await tryInput(input);
      report.inputs += size;
      if (!isGuided) keep(coverage.look());
      else if (coverage.look({ isTrial: true }) > 0) {
        // Once more one by one, to see which of them it was.
        for (const input of batch) {
          await tryInput(input);
          keep(coverage.look(), input);
        }
      }
    }
  } finally {
    coverage.close();
    process.off('warning', onWarning);
  }
  return { ...report, corpus: corpus.length, blocks: coverage.blocks() };
}

function bytesOf(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value) : value;
}

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseStats } from './docker-stats.ts';

const stats = (memory: object) =>
  JSON.stringify({
    cpu_stats: { cpu_usage: { total_usage: 7_000_000_499 }, online_cpus: 2 },
    memory_stats: memory,
    pids_stats: { current: 12, limit: 256 },
  });

it('a line of the engine tells processor, memory without its cache, and processes', () => {
  const expected = { cpuMicros: 7_000_000, memoryBytes: 50, pids: 12 };
  expect(parseStats(stats({ usage: 70, stats: { inactive_file: 20 } }))).toEqual(expected);
  expect(parseStats(stats({ usage: 70, stats: { inactive_file: 1, total_inactive_file: 20 } }))).toEqual(expected);
  expect(parseStats(stats({ usage: 50 }))).toEqual(expected);
});

it('a line of a container that starts or ends tells nothing, and nothing that is sent does harm', () => {
  expect(parseStats('{"cpu_stats":{"cpu_usage":{"total_usage":0}},"memory_stats":{},"pids_stats":{}}')).toBeUndefined();
  fc.assert(fc.property(fc.string(), (line) => parseStats(line) === undefined));
  fc.assert(fc.property(fc.jsonValue(), (value) => parseStats(JSON.stringify(value)) === undefined));
});

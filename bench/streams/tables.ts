import { cpus, loadavg } from 'node:os';
import type { Held } from './measure-held.ts';
import type { RoundFigures } from './measure-load.ts';
import type { ProcessFigures } from './measure-process.ts';
import type { ToolTrip } from './measure-tools.ts';
import { tokens } from './scenario.ts';

export interface NamedFigures {
  name: string;
  figures: RoundFigures;
}

/** A delta as this server tells it, without its frame: what a token's bytes are compared with. */
const deltaJson = JSON.stringify({
  type: 'message.update',
  messageId: 'msg_01kb4w3s1mzq8h6x5v2n9t7r0c',
  event: { type: 'text_delta', contentIndex: 0, delta: tokens[100] },
}).length;

export function loadTable(list: NamedFigures[]): string {
  const head = [
    'Server',
    'First token, 1 stream',
    'Streams/s at 1 / 50 / 200 / 500',
    'Failed',
    'CPU ms per 1,000 tokens, burst / paced',
    'First token p99 of 100 paced',
    'First token p50 of 200 paced',
    'Bytes per token',
  ];
  const rows = list.map(({ name, figures: f }) => [
    name,
    `${shown(f.firstTokenOne)} ms`,
    [f.perSecond1, f.perSecond50, f.perSecond200, f.perSecond500].map((value) => shown(value)).join(' / '),
    String(f.failures),
    `${shown(f.cpuBurst)} / ${shown(f.cpuPaced)}`,
    `${shown(f.paced100p99)} ms`,
    `${shown(f.paced200p50)} ms`,
    `${shown(f.bytesPerToken)}${name.startsWith('ours') ? ` (${(f.bytesPerToken / deltaJson).toFixed(2)} × the delta's JSON)` : ''}`,
  ]);
  return table(head, rows);
}

export function toolTable(trips: ToolTrip[]): string {
  return table(
    ['Server', 'Tool round trip'],
    trips.map(({ name, ms }) => [name, `${shown(ms)} ms`]),
  );
}

export function heldTable(held: Held): string {
  const rows = [
    ['Idle memory of `serve`', `${shown(held.idleBytes / 1e6)} MB`, '≤ 110 MB'],
    ['Growth per idle held stream', `${shown(held.bytesPerHeldStream / 1000)} KB`, '≤ 30 KB'],
    ['Processor while 1,000 are held', `${shown(held.idleCpu * 100)} % of a core`, '–'],
    [
      `1,000 idle + 100 active for ${shown(held.heldSeconds)} s: \`/health\` p50 / p99 / worst`,
      `${shown(held.healthP50)} / ${shown(held.healthP99)} / ${shown(held.healthMax)} ms of ${held.healthCount}`,
      'p99 ≤ 50 ms',
    ],
    ['Active streams in that time, failed', `${held.activeStreams}, ${held.activeFailed}`, '0 failed'],
    ['Memory at the end of it', `${shown(held.endBytes / 1e6)} MB`, '–'],
  ];
  return table(['Figure', 'Ours', 'Goal'], rows);
}

export function processTable({ coldStartHealthMs, coldStartReadyMs }: ProcessFigures): string {
  const ready = coldStartReadyMs === undefined ? 'no Docker here' : `${shown(coldStartReadyMs)} ms`;
  const rows = [
    ['Cold start to `/health`', `${shown(coldStartHealthMs)} ms`, '≤ 400 ms'],
    ['Cold start to `/ready` with Docker', ready, '≤ 900 ms'],
  ];
  return table(['Figure', 'Ours', 'Goal'], rows);
}

export function machineLine(): string {
  return `Load average ${loadavg()[0]?.toFixed(1)} on ${cpus().length} cores, Node ${process.version}.`;
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function shown(value: number): string {
  if (Number.isNaN(value)) return '–';
  return value.toFixed(Math.abs(value) < 20 ? 1 : 0);
}

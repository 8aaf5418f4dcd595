import { closedLoop, firstTokenAt, type Load, pacedLoad } from '../support/load.ts';
import { tokenPauseMs, tokens } from './scenario.ts';
import type { RunningSubject } from './subjects.ts';

/** What one round found out about one server. Milliseconds unless the name says otherwise. */
export interface RoundFigures {
  firstTokenOne: number;
  perSecond1: number;
  perSecond50: number;
  perSecond200: number;
  perSecond500: number;
  failures: number;
  /** At 200 streams that come in one burst, per 1,000 tokens. */
  cpuBurst: number;
  /** At 200 paced streams, per 1,000 tokens. */
  cpuPaced: number;
  paced100p99: number;
  paced200p50: number;
  bytesPerToken: number;
}

export interface LoadOptions {
  /** How long each closed loop begins new streams. */
  burstMs: number;
  withPaced: boolean;
}

const spreadMs = tokens.length * tokenPauseMs;

/** Every load that a server is put under, one after the other. */
export async function measureRound(subject: RunningSubject, options: LoadOptions): Promise<RoundFigures> {
  const { client, server } = subject;
  const burst = (width: number) => closedLoop(client, 'burst', width, options.burstMs);
  const first = await closedLoop(client, 'first', 1, options.burstMs);
  const single = await burst(1);
  const at50 = await burst(50);
  const [at200, cpu200] = await withCpu(server, () => burst(200));
  const at500 = await burst(500);
  const loads = [first, single, at50, at200, at500];
  const figures: RoundFigures = {
    firstTokenOne: firstTokenAt(first, 0.5),
    perSecond1: perSecond(single),
    perSecond50: perSecond(at50),
    perSecond200: perSecond(at200),
    perSecond500: perSecond(at500),
    failures: sumFailures(loads),
    cpuBurst: perThousandTokens(cpu200, at200.whole),
    cpuPaced: Number.NaN,
    paced100p99: Number.NaN,
    paced200p50: Number.NaN,
    bytesPerToken: Number.NaN,
  };
  if (!options.withPaced) return figures;
  const paced100 = await pacedLoad(client, 100, spreadMs);
  const [paced200, cpuPaced] = await withCpu(server, () => pacedLoad(client, 200, spreadMs));
  return {
    ...figures,
    failures: figures.failures + sumFailures([paced100, paced200]),
    // Each reader read two streams.
    cpuPaced: perThousandTokens(cpuPaced, paced200.whole * 2),
    paced100p99: firstTokenAt(paced100, 0.99),
    paced200p50: firstTokenAt(paced200, 0.5),
    bytesPerToken: paced100.bytes / (paced100.whole * tokens.length),
  };
}

async function withCpu(server: RunningSubject['server'], work: () => Promise<Load>): Promise<[Load, number]> {
  const before = await server.cpuMs();
  const load = await work();
  return [load, (await server.cpuMs()) - before];
}

function perSecond({ whole, seconds }: Load): number {
  return whole / seconds;
}

function perThousandTokens(cpuMs: number, streams: number): number {
  return cpuMs / ((streams * tokens.length) / 1000);
}

function sumFailures(loads: Load[]): number {
  return loads.reduce((sum, { failed }) => sum + failed, 0);
}

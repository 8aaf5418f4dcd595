import { median } from '../support/statistics.ts';
import { toolRounds } from './scenario.ts';
import type { Subject } from './subjects.ts';

export interface ToolTrip {
  name: string;
  /** From the model's call to the request that carries its result, without the millisecond that the tool sleeps. */
  ms: number;
}

const streams = 20;
const sleepMs = 1;

/** One stream at a time, each with ten tool calls. Servers without tools are left out. */
export async function measureToolTrips(subjects: Subject[], upstream: string): Promise<ToolTrip[]> {
  const trips: ToolTrip[] = [];
  for (const subject of subjects) {
    if (!subject.name.startsWith('ours') && !subject.name.includes('streamText')) continue;
    if (subject.name.includes('Anthropic')) continue;
    const running = await subject.start(upstream);
    try {
      await running.client.read('tools');
      await takeTimes(upstream);
      for (let stream = 0; stream < streams; stream += 1) {
        const { isWhole } = await running.client.read('tools');
        if (!isWhole) throw new Error(`${subject.name} did not come to the end of its tool calls.`);
      }
      const times = await takeTimes(upstream);
      if (times.length !== streams * toolRounds) throw new Error(`${times.length} tool calls were answered.`);
      trips.push({ name: subject.name, ms: median(times) - sleepMs });
    } finally {
      await running.stop();
    }
  }
  return trips;
}

async function takeTimes(upstream: string): Promise<number[]> {
  return (await (await fetch(`${upstream}/tool-times`)).json()) as number[];
}

import { comesTrue } from '../../server/sandbox/real-sandboxes.ts';
import { type Bench, nothing, setPool } from './bench.ts';
import { pause, type Row, timed } from './rows.ts';

/** From the wish for a sandbox to the end of its first command. */
export async function measureStarts(bench: Bench): Promise<Row[]> {
  const { floor, acquire } = bench;
  const cold: number[] = [];
  const pool: number[] = [];
  const plain: number[] = [];
  const word: number[] = [];
  const name: number[] = [];
  const firstCommand = async () => (await acquire()).exec(nothing);

  for (let round = 0; round < bench.rounds * 3; round += 1) {
    setPool(bench, 0);
    await comesTrue(async () => waiting(bench) === 0, 20_000);
    await pause(500);
    plain.push(
      await timed(async () => {
        const container = await floor.start();
        await floor.exec(container, ['true']);
      }),
    );
    await pause(300);
    let container: Awaited<ReturnType<typeof floor.firstWord>> | undefined;
    word.push(
      await timed(async () => {
        container = await floor.firstWord();
      }),
    );
    await pause(300);
    cold.push(await timed(firstCommand));
    setPool(bench, 1);
    await comesTrue(async () => waiting(bench) === 1, 20_000);
    await pause(500);
    pool.push(await timed(firstCommand));
    if (container) {
      const renamed = container;
      name.push(await timed(() => floor.rename(renamed, `agentrail-bench-named-${renamed.id.slice(0, 12)}`)));
    }
  }
  setPool(bench, 0);
  const figure = 'first command of a new session';
  return [
    {
      figure: `${figure}, cold, ms`,
      goal: '≤ 1.2 × floor',
      ours: cold,
      floor: plain,
      against: 'create, start, `exec true`',
    },
    {
      figure: `${figure}, cold, ms`,
      goal: '–',
      ours: cold,
      floor: word,
      against: 'create, attach, start, first word of its own program',
    },
    {
      figure: `${figure}, from the pool, ms`,
      goal: '≤ 15',
      ours: pool,
      floor: name,
      against: 'a rename, and nothing else',
    },
  ];
}

function waiting({ real }: Bench): number {
  return real.manager.list().filter(({ isPooled, state }) => isPooled && state === 'ready').length;
}

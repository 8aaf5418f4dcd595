import type { Growth, SizeRecord } from '../contract/measures.ts';

const dayMs = 86_400_000;
/** Growth is told of the last week: long enough for nights and days, short enough to be of today. */
const lookBackMs = 7 * dayMs;
/** Less says nothing of a day. */
const leastSpanMs = 3 * 3_600_000;
const leastRecords = 3;
/** Slower than this is none: 1 KB a day. */
const leastBytes = 1000;

/** By the straight line that lies closest to the records of the last week. */
export function growthOf(records: readonly SizeRecord[], latest: SizeRecord): Growth {
  const all = [...records.filter(({ at }) => at < latest.at), latest];
  const history = all.map((record) => ({ at: record.at, usedBytes: totalOf(record) }));
  const recent = all.filter(({ at }) => latest.at - at <= lookBackMs);
  const since = recent[0]?.at ?? latest.at;
  const { freeBytes } = latest;
  if (recent.length < leastRecords || latest.at - since < leastSpanMs) return { history, freeBytes };
  const perDay = (of: (record: SizeRecord) => number) =>
    Math.round(slope(recent.map((record) => [(record.at - since) / dayMs, of(record)])));
  const names = new Set(recent.flatMap(({ folders }) => Object.keys(folders)));
  const folders = Object.fromEntries([...names].map((name) => [name, perDay((record) => record.folders[name] ?? 0)]));
  const bytes = perDay(totalOf);
  return {
    ...{ history, freeBytes, perDay: { bytes, folders, since } },
    ...(bytes >= leastBytes && { fullInDays: freeBytes / bytes }),
  };
}

function totalOf({ folders }: SizeRecord): number {
  return Object.values(folders).reduce((sum, size) => sum + size, 0);
}

/** Least squares. */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (of: (point: readonly [number, number]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [middleX, middleY] = [mean(([x]) => x), mean(([, y]) => y)];
  const spread = mean(([x]) => (x - middleX) ** 2);
  return spread === 0 ? 0 : mean(([x, y]) => (x - middleX) * (y - middleY)) / spread;
}

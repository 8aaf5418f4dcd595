/** Bytes that travel at once; what is on its way lies in memory on both sides. */
const batchBytes = 4 * 1024 * 1024;
const batchEntries = 2000;

/** A part of a file. */
export interface Range<T> {
  entry: T;
  offset: number;
  length: number;
  isLast: boolean;
}

/** Cuts files into parts, and puts parts together, so that each batch stays below the bounds. Empty files have one part. */
export function* batchesOf<T extends { sizeBytes: number }>(entries: Iterable<T>): Generator<Range<T>[], void, void> {
  let batch: Range<T>[] = [];
  let bytes = 0;
  for (const entry of entries) {
    let offset = 0;
    do {
      const length = Math.min(entry.sizeBytes - offset, batchBytes - bytes);
      batch.push({ entry, offset, length, isLast: offset + length === entry.sizeBytes });
      offset += length;
      bytes += length;
      if (bytes === batchBytes || batch.length === batchEntries) {
        yield batch;
        batch = [];
        bytes = 0;
      }
    } while (offset < entry.sizeBytes);
  }
  if (batch.length > 0) {
    yield batch;
  }
}

import { fromBufferPromise } from 'yauzl';

/**
 * How many bytes a zip really unpacks to, counted by unpacking: what its directory says may be a lie. Stops counting
 * beyond `limit`. Rejects for what is no zip.
 */
export async function unpackedSize(zip: Buffer, limit: number): Promise<number> {
  const file = await fromBufferPromise(zip);
  let size = 0;
  for await (const entry of file.eachEntry()) {
    const stream = await file.openReadStreamPromise(entry);
    for await (const chunk of stream) {
      size += (chunk as Buffer).length;
      if (size > limit) {
        stream.destroy();
        return size;
      }
    }
  }
  return size;
}

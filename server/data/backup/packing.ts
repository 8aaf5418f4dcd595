import type { Transform } from 'node:stream';
import zlib from 'node:zlib';

export type Packing = 'zst' | 'gz';

/** zstd where the runtime has it. */
export function bestPacking(): Packing {
  return typeof zlib.createZstdCompress === 'function' ? 'zst' : 'gz';
}

export function createPacker(packing: Packing): Transform {
  if (packing === 'gz') return zlib.createGzip({ level: 6 });
  return zlib.createZstdCompress({ params: { [zlib.constants.ZSTD_c_checksumFlag]: 1 } });
}

/** By the first bytes of the file; undefined when it is neither. */
export function packingOf(start: Uint8Array): Packing | undefined {
  if (start[0] === 0x1f && start[1] === 0x8b) return 'gz';
  return start[0] === 0x28 && start[1] === 0xb5 && start[2] === 0x2f && start[3] === 0xfd ? 'zst' : undefined;
}

export function createUnpacker(packing: Packing): Transform | undefined {
  if (packing === 'gz') return zlib.createGunzip();
  return typeof zlib.createZstdDecompress === 'function' ? zlib.createZstdDecompress() : undefined;
}

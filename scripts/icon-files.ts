/** One drawing, as PNG. */
export interface Drawing {
  /** Pixels, square. */
  size: number;
  png: Buffer;
}

export const icoSizes = [16, 20, 24, 32, 40, 48, 64, 128, 256] as const;

/** A Windows icon whose entries are PNG: https://learn.microsoft.com/en-us/previous-versions/ms997538(v=msdn.10) */
export function icoOf(drawings: readonly Drawing[]): Buffer {
  const head = Buffer.alloc(6 + 16 * drawings.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(drawings.length, 4);
  let offset = head.length;
  for (const [index, { size, png }] of drawings.entries()) {
    const at = 6 + 16 * index;
    // A byte: 0 stands for 256.
    head.writeUInt8(size % 256, at);
    head.writeUInt8(size % 256, at + 1);
    head.writeUInt16LE(1, at + 4);
    head.writeUInt16LE(32, at + 6);
    head.writeUInt32LE(png.length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += png.length;
  }
  return Buffer.concat([head, ...drawings.map(({ png }) => png)]);
}

/** Types of PNG entries by pixels; those of twice the points stand beside the plain ones. */
const icnsTypes: Record<number, readonly string[]> = {
  32: ['ic11'],
  64: ['ic12'],
  128: ['ic07'],
  256: ['ic08', 'ic13'],
  512: ['ic09', 'ic14'],
  1024: ['ic10'],
};
export const icnsSizes = Object.keys(icnsTypes).map(Number);

/** A Mac's icon: four letters and a length before each PNG, and before all of them. */
export function icnsOf(drawings: readonly Drawing[]): Buffer {
  const entries = drawings.flatMap(({ size, png }) => (icnsTypes[size] ?? []).map((type) => chunk(type, png)));
  return chunk('icns', Buffer.concat(entries));
}

function chunk(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, 'latin1');
  head.writeUInt32BE(body.length + 8, 4);
  return Buffer.concat([head, body]);
}

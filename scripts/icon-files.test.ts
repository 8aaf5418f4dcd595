import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { icnsOf, icnsSizes, icoOf, icoSizes } from './icon-files.ts';

const packaging = join(import.meta.dirname, '../resources/icons/packaging');
const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47]);
const drawings = (sizes: readonly number[]) =>
  sizes.map((size) => ({ size, png: Buffer.concat([pngSignature, Buffer.alloc(size)]) }));

/** Edge in pixels of each picture, as Windows reads it, checked against the picture itself. */
function icoEntries(file: Buffer): number[] {
  return Array.from({ length: file.readUInt16LE(4) }, (_, index) => {
    const at = 6 + 16 * index;
    const offset = file.readUInt32LE(at + 12);
    expect(file.subarray(offset, offset + 4)).toEqual(pngSignature);
    expect(offset + file.readUInt32LE(at + 8)).toBeLessThanOrEqual(file.length);
    return file.readUInt8(at) || 256;
  });
}

function icnsEntries(file: Buffer): string[] {
  expect(file.readUInt32BE(4)).toBe(file.length);
  const types: string[] = [];
  for (let at = 8; at < file.length; at += file.readUInt32BE(at + 4)) types.push(file.toString('latin1', at, at + 4));
  return types;
}

test('a Windows icon lists each size and where its picture lies', () => {
  expect(icoEntries(icoOf(drawings(icoSizes)))).toEqual([...icoSizes]);
});

test("a Mac's icon names each size, and those that serve sharp screens twice", () => {
  expect(icnsEntries(icnsOf(drawings(icnsSizes))).sort()).toEqual(
    ['ic07', 'ic08', 'ic09', 'ic10', 'ic11', 'ic12', 'ic13', 'ic14'].sort(),
  );
});

test('the icons that are packed are whole', () => {
  expect(icoEntries(readFileSync(join(packaging, 'icon.ico')))).toEqual([...icoSizes]);
  expect(icnsEntries(readFileSync(join(packaging, 'icon.icns')))).toHaveLength(8);
  for (const size of [16, 24, 32, 48, 64, 128, 256, 512]) {
    const png = readFileSync(join(packaging, `linux/${size}x${size}.png`));
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([size, size]);
  }
});

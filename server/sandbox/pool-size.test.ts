import { describe, expect, it } from 'vitest';
import { affordablePool, readAvailableMemory } from './pool-size.ts';

const mebibyte = 1024 * 1024;

describe('how many sandboxes wait', () => {
  it('is what is wanted while there is memory, and nothing when it is short', () => {
    expect(affordablePool(3, 0, 8192 * mebibyte)).toBe(3);
    expect(affordablePool(3, 3, 383 * mebibyte)).toBe(0);
    expect(affordablePool(3, 3, 0)).toBe(0);
    expect(affordablePool(0, 2, 8192 * mebibyte)).toBe(0);
  });

  it('shrinks with the memory, one by one', () => {
    const sizes = [640, 576, 512, 448, 447].map((free) => affordablePool(8, 4, free * mebibyte));
    expect(sizes).toEqual([4, 3, 2, 1, 0]);
  });

  it('stays where it is at the edge, and grows only when there is room for one more', () => {
    expect(affordablePool(4, 2, 512 * mebibyte)).toBe(2);
    expect(affordablePool(4, 2, 575 * mebibyte)).toBe(2);
    expect(affordablePool(4, 2, 576 * mebibyte)).toBe(2);
    expect(affordablePool(4, 2, 640 * mebibyte)).toBe(3);
    expect(affordablePool(4, 0, 512 * mebibyte)).toBe(1);
  });
});

describe('the memory that is available', () => {
  it('is what the kernel says, else what Node says', () => {
    const asked = () => 7;
    expect(readAvailableMemory(() => 'MemTotal: 9 kB\nMemAvailable:    2048 kB\nBuffers: 1 kB\n', asked)).toBe(
      2 * mebibyte,
    );
    expect(readAvailableMemory(() => 'MemTotal: 9 kB\n', asked)).toBe(7);
    const missing = () => {
      throw new Error('ENOENT');
    };
    expect(readAvailableMemory(missing, asked)).toBe(7);
    expect(readAvailableMemory()).toBeGreaterThan(0);
  });
});

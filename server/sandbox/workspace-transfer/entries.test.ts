import { join, relative } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchesOf } from './batches.ts';
import { parseListing } from './entries.ts';

const row = (path: string | Buffer, change: object = {}) =>
  JSON.stringify({ p: Buffer.from(path).toString('base64'), t: 'f', m: 0o644, u: 1, s: 1, ...change });
const link = (target: string) => ({ t: 'l', l: Buffer.from(target).toString('base64') });

describe('what a sandbox says is in its workspace', () => {
  it('is read as files, folders and links, in its order', () => {
    const lines = [row('a', { t: 'd', m: 0o755 }), row('a/b', { s: 7 }), row('a/c', link('../../etc'))];
    expect(parseListing(`${lines.join('\n')}\n`)).toMatchObject([
      { path: Buffer.from('a'), type: 'd', mode: 0o755 },
      { path: Buffer.from('a/b'), type: 'f', sizeBytes: 7 },
      { path: Buffer.from('a/c'), type: 'l', target: Buffer.from('../../etc') },
    ]);
    expect(parseListing('')).toEqual([]);
  });

  it.each([
    ['the folder above', row('../x')],
    ['the folder above, further in', `${row('a', { t: 'd' })}\n${row('a/../../x')}`],
    ['an absolute path', row('/etc/passwd')],
    ['the workspace itself', row('.', { t: 'd' })],
    ['no name', row('')],
    ['a name of nothing', row('a//b')],
    ['a NUL', row('a\0b')],
    ['a path below a link', `${row('a', link('/etc'))}\n${row('a/passwd')}`],
    ['a path below a file', `${row('a')}\n${row('a/b')}`],
    ['a path below nothing', row('a/b')],
    ['the same path twice', `${row('a', link('/etc/passwd'))}\n${row('a')}`],
    ['a link without a target', row('a', { t: 'l' })],
    ['a link with a NUL', row('a', link('\0'))],
    ['rights of another user', row('a', { m: 0o4755 })],
    ['a negative size', row('a', { s: -1 })],
    ['a device', row('a', { t: 'c' })],
    ['a name that is too long', row('x'.repeat(256))],
    ['no JSON', '{'],
    ['no base64', JSON.stringify({ p: '../x', t: 'f', m: 0, u: 1 })],
  ])('is refused with %s', (_, text) => {
    expect(() => parseListing(text)).toThrow(expect.objectContaining({ code: 'workspace_not_saved' }));
  });

  it('never names a place outside, whatever bytes come', () => {
    const part = fc.oneof(fc.constantFrom('..', '.', '', 'a', '/', '\0', '~'), fc.string({ maxLength: 5 }));
    const path = fc.array(part, { maxLength: 4 }).map((parts) => parts.join('/'));
    const line = fc.oneof(
      path.map((text) => row(text, { t: 'd' })),
      fc.tuple(path, path).map(([text, target]) => row(text, link(target))),
      path.map((text) => row(text)),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 4 }), (lines) => {
        let entries: ReturnType<typeof parseListing>;
        try {
          entries = parseListing(lines.join('\n'));
        } catch (fault) {
          expect(fault).toMatchObject({ code: 'workspace_not_saved' });
          return;
        }
        for (const { path: bytes } of entries) {
          const place = relative('/root', join('/root', bytes.toString('latin1')));
          expect(place).not.toBe('');
          expect(place.split('/')[0]).not.toBe('..');
        }
      }),
    );
  });
});

describe('batches', () => {
  it('have every byte of every file once, in order, and the end of each', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 10_000_000 }), { maxLength: 12 }), (sizes) => {
        const entries = sizes.map((sizeBytes) => ({ sizeBytes }));
        const parts = [...batchesOf(entries)].flatMap((batch) => {
          expect(batch.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(4 * 1024 * 1024);
          return batch;
        });
        for (const entry of entries) {
          const own = parts.filter((part) => part.entry === entry);
          let offset = 0;
          for (const part of own) {
            expect(part.offset).toBe(offset);
            offset += part.length;
          }
          expect(offset).toBe(entry.sizeBytes);
          expect(own.map(({ isLast }) => isLast)).toEqual(own.map((_, at) => at === own.length - 1));
        }
      }),
      { numRuns: 50 },
    );
  });
});

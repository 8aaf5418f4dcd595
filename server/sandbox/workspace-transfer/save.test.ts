import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AgentClient } from '../wire/agent-client.ts';
import { saveFromSandbox } from './save.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'save-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Row {
  p: string;
  t?: string;
  s?: number;
  l?: string;
}

/** A sandbox that answers what it likes. */
function sandbox(rows: Row[], data: Buffer): Pick<AgentClient, 'call'> {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const listing = rows.map(({ p, l, ...rest }) =>
    JSON.stringify({ t: 'f', m: 0o644, u: 1, ...rest, p: base64(p), ...(l && { l: base64(l) }) }),
  );
  return {
    call: async ({ params, result }) => {
      const isList = (params.argv as string[]).at(-1) === 'list';
      const done = {
        code: 0,
        signal: null,
        endedBy: 'exit',
        survivors: 0,
        background: false,
        dropped: 0,
        durationMs: 1,
      };
      return {
        result: result.parse(done),
        stdout: isList ? Buffer.from(listing.join('\n')) : data,
        stderr: Buffer.alloc(0),
        gone: Promise.resolve(),
      };
    },
  };
}

const save = (rows: Row[], data: Buffer, maxBytes = 1000) =>
  saveFromSandbox(sandbox(rows, data) as AgentClient, { folder, maxBytes, owner: undefined });
const part = (text: string) => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, Buffer.from(text)]);
};

it('writes what was announced, and nothing for a file that was deleted meanwhile', async () => {
  const gone = Buffer.from([0xff, 0xff, 0xff, 0xff]);
  await save(
    [
      { p: 'a', s: 3 },
      { p: 'gone', s: 5 },
      { p: 'shorter', s: 9 },
    ],
    Buffer.concat([part('abc'), gone, part('x')]),
  );
  expect(await readdir(folder)).toEqual(['a', 'shorter']);
  expect(await readFile(join(folder, 'a'), 'utf8')).toBe('abc');
  expect(await readFile(join(folder, 'shorter'), 'utf8')).toBe('x');
});

it.each([
  ['more bytes than it announced', [{ p: 'a', s: 1 }], part('abc')],
  ['a length without bytes', [{ p: 'a', s: 5 }], Buffer.from([0, 0, 0, 5])],
  ['less than a length', [{ p: 'a', s: 5 }], Buffer.from([0])],
  ['a file that it cannot read', [{ p: 'a', s: 5 }], Buffer.from([0xff, 0xff, 0xff, 0xfe])],
  ['a way out', [{ p: '../a', s: 1 }], part('a')],
  [
    'a file through a link',
    [
      { p: 'l', t: 'l', l: '/tmp' },
      { p: 'l/a', s: 1 },
    ],
    part('a'),
  ],
])('refuses %s', async (_, rows: Row[], data) => {
  await expect(save(rows, data)).rejects.toMatchObject({ code: 'workspace_not_saved' });
});

it('refuses more than may come, before anything is fetched', async () => {
  await expect(
    save(
      [
        { p: 'a', s: 600 },
        { p: 'b', s: 600 },
      ],
      Buffer.alloc(0),
    ),
  ).rejects.toMatchObject({
    code: 'workspace_too_large',
  });
  expect(await readdir(folder)).toEqual([]);
});

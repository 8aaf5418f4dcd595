import { constants } from 'node:fs';
import fs, { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AppendFiles, createAppendLog } from './append-log.ts';

describe('an append log', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'append-'));
    file = path.join(folder, 'log.jsonl');
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Counts operations by name and can make the next write stop halfway. */
  function watchedFiles(): {
    files: AppendFiles;
    calls: string[];
    failing: { write?: string; datasync?: string; truncate?: string };
  } {
    const calls: string[] = [];
    const failing: { write?: string; datasync?: string; truncate?: string } = {};
    const fault = (code: string): Error => Object.assign(new Error(code), { code, syscall: 'write' });
    const files: AppendFiles = {
      stat: (...args) => {
        calls.push('stat');
        return fs.stat(...args);
      },
      truncate: async (...args) => {
        calls.push('truncate');
        if (failing.truncate !== undefined) throw fault(failing.truncate);
        return fs.truncate(...args);
      },
      open: async (...args) => {
        calls.push('open');
        const handle = await fs.open(...args);
        return new Proxy(handle, {
          get(target, name) {
            const value: unknown = Reflect.get(target, name, target);
            if (typeof value !== 'function') return value;
            return async (...params: unknown[]) => {
              calls.push(String(name));
              if (name === 'write' && failing.write !== undefined) {
                await target.write(Buffer.from('{"half'));
                throw fault(failing.write);
              }
              if (name === 'datasync' && failing.datasync !== undefined) throw fault(failing.datasync);
              return Reflect.apply(value, target, params);
            };
          },
        });
      },
    };
    return { files, calls, failing };
  }

  const line = (n: number): string => JSON.stringify({ n });
  const content = async (): Promise<string> => readFile(file, 'utf8');

  it('costs the same at the tenth line and at the ten-thousandth', async () => {
    const { files, calls } = watchedFiles();
    const log = createAppendLog(file, files);
    await log.append([line(0)], true);
    calls.length = 0;
    await log.append([line(1)], true);
    const early = [...calls];
    await log.append(
      Array.from({ length: 10_000 }, (_, n) => line(n)),
      true,
    );
    calls.length = 0;
    await log.append([line(2)], true);
    expect(calls).toEqual(early);
    expect(early).toEqual(['write', 'datasync', 'stat']);
    await log.close();
  });

  it.runIf(process.platform === 'linux')('needs no sync where each write is on the disk when it returns', async () => {
    const { files, calls } = watchedFiles();
    const log = createAppendLog(file, { ...files, writeThrough: constants.O_DSYNC });
    await log.append([line(0)], true);
    calls.length = 0;
    await log.append([line(1)], true);
    expect(calls).toEqual(['write', 'stat']);
    await log.close();
    // Opened for lines that nobody waits for, it is synced when somebody does.
    await log.append([line(2)], false);
    calls.length = 0;
    await log.append([line(3)], true);
    expect(calls).toEqual(['write', 'datasync', 'stat']);
    await log.close();
  });

  it('makes a file whole, in the place of a torn one, and goes on with it', async () => {
    await appendFile(file, '{"half');
    const log = createAppendLog(file);
    await log.make([line(1)], true);
    await log.append([line(2)], true);
    expect(await content()).toBe(`${line(1)}\n${line(2)}\n`);
    expect(await fs.readdir(folder)).toEqual(['log.jsonl']);
    await log.close();
  });

  it('shows nothing of a file that it could not make, and leaves nothing of it', async () => {
    const { files, failing } = watchedFiles();
    const log = createAppendLog(file, files);
    failing.write = 'ENOSPC';
    await expect(log.make([line(1)], true)).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(await fs.readdir(folder)).toEqual([]);
    failing.write = undefined as never;
    await log.append([line(2)], true);
    expect(await content()).toBe(`${line(2)}\n`);
    await log.close();
  });

  it('reserves a file that is not there, and leaves one alone that is', async () => {
    const log = createAppendLog(file);
    await log.reserve(true);
    await log.append([line(1)], true);
    const other = createAppendLog(file);
    await other.reserve(true);
    expect(await content()).toBe(`${line(1)}\n`);
    await Promise.all([log.close(), other.close()]);
  });

  it('looks at the end of a long file, not at all of it, when it opens', async () => {
    await appendFile(file, `${line(1)}\n`.repeat(200_000));
    const { files, calls } = watchedFiles();
    const log = createAppendLog(file, files);
    await log.append([line(2)], true);
    expect(calls.filter((call) => call === 'read')).toHaveLength(1);
    await log.close();
  });

  it('cuts the half that a full disk took, and goes on', async () => {
    const { files, failing } = watchedFiles();
    const log = createAppendLog(file, files);
    await log.append([line(1)], true);
    failing.write = 'ENOSPC';
    await expect(log.append([line(2)], true)).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(await content()).toBe(`${line(1)}\n`);
    failing.write = undefined as never;
    await log.append([line(3)], true);
    expect(await content()).toBe(`${line(1)}\n${line(3)}\n`);
    await log.close();
  });

  it('cuts later what it cannot cut now, and lets nobody read it meanwhile', async () => {
    const { files, failing } = watchedFiles();
    const log = createAppendLog(file, files);
    await log.append([line(1)], true);
    const end = (await content()).length;
    failing.datasync = 'EIO';
    failing.truncate = 'EIO';
    await expect(log.append([line(2)], true)).rejects.toMatchObject({ code: 'EIO' });
    expect(await content()).toBe(`${line(1)}\n${line(2)}\n`);
    expect(log.readableEnd()).toBe(end);
    await expect(log.append([line(3)], true)).rejects.toMatchObject({ code: 'EIO' });
    failing.datasync = undefined as never;
    failing.truncate = undefined as never;
    await log.append([line(4)], true);
    expect(await content()).toBe(`${line(1)}\n${line(4)}\n`);
    expect(log.readableEnd()).toBeUndefined();
    await log.close();
  });

  it('acknowledges nothing that went into a deleted or replaced file', async () => {
    const log = createAppendLog(file);
    await log.append([line(1)], true);
    await rm(file);
    await expect(log.append([line(2)], true)).rejects.toMatchObject({ code: 'ENOENT' });
    await log.append([line(3)], true);
    await rm(file);
    await appendFile(file, `${line(8)}\n`);
    await expect(log.append([line(4)], true)).rejects.toMatchObject({ code: 'storage_unavailable' });
    await log.append([line(5)], true);
    expect(await content()).toBe(`${line(8)}\n${line(5)}\n`);
    await log.close();
  });

  it('keeps a whole last line that only lacks its newline', async () => {
    await appendFile(file, `${line(1)}\n${line(2)}`);
    const log = createAppendLog(file);
    await log.append([line(3)], true);
    expect(await content()).toBe(`${line(1)}\n${line(2)}\n${line(3)}\n`);
    await log.close();
  });

  it('cuts nothing acknowledged when another program wrote before an append that fails', async () => {
    const { files, failing } = watchedFiles();
    const log = createAppendLog(file, files);
    await log.append([line(1)], true);
    await appendFile(file, `${line(7)}\n`);
    await log.append([line(2)], true);
    failing.write = 'ENOSPC';
    await expect(log.append([line(3)], true)).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(await content()).toBe([line(1), line(7), line(2), ''].join('\n'));
  });

  it('finds its place again after another program wrote', async () => {
    const log = createAppendLog(file);
    await log.append([line(1)], true);
    await appendFile(file, `${line(7)}\n`);
    await log.append([line(2)], true);
    await appendFile(file, '{"half');
    await log.close();
    await log.append([line(3)], true);
    expect(await content()).toBe([line(1), line(7), line(2), line(3), ''].join('\n'));
    await log.close();
  });
});

import { copyFile, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../lib/app-error.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { createFakeSandbox } from './fake-sandbox.ts';
import { sandboxTools } from './sandbox-tools.ts';
import { createToolBench, type ToolBench } from './tool-bench.ts';

let folder: string;
let sandbox: Sandbox;
let bench: ToolBench;
const call: ToolBench['call'] = (...args) => bench.call(...args);
const at = (name: string): string => path.join(folder, 'workspace', name);

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tools-'));
  await mkdir(at(''));
  await mkdir(path.join(folder, 'tmp'));
  sandbox = createFakeSandbox(folder);
  bench = createToolBench(sandboxTools(), async () => sandbox);
});
afterEach(() => rm(folder, { recursive: true }));

const failure = (code: string, part = ''): unknown =>
  expect.objectContaining({ code, message: expect.stringContaining(part) });

it('offers its tools by their usual names', () => {
  expect(sandboxTools().map((tool) => tool.name)).toEqual([
    'Bash',
    'BashOutput',
    'KillShell',
    'Read',
    'Write',
    'Edit',
    'Glob',
    'Grep',
    'Python',
  ]);
});

describe('paths', () => {
  const asks: [name: string, input: (given: string) => Record<string, unknown>][] = [
    ['Bash', (given) => ({ command: 'true', cwd: given })],
    ['Read', (given) => ({ file_path: given })],
    ['Write', (given) => ({ file_path: given, content: '' })],
    ['Edit', (given) => ({ file_path: given, old_string: 'a', new_string: 'b' })],
    ['Glob', (given) => ({ path: given, pattern: '*' })],
    ['Grep', (given) => ({ path: given, pattern: 'x' })],
  ];

  it('outside /workspace and /tmp are refused by every tool, before anything is started', async () => {
    const noSandbox = (): Promise<Sandbox> => Promise.reject(new Error('must not start'));
    for (const given of ['/etc/passwd', '../x', '/workspace/../etc', '/workspacex', '/tmpx', '/', 'a/../../b']) {
      for (const [name, input] of asks) {
        await expect(call(name, input(given), { sandbox: noSandbox })).rejects.toEqual(
          failure('path_outside_workspace', given),
        );
      }
    }
    await expect(call('Glob', { pattern: '/etc/**/*.conf' })).rejects.toEqual(failure('path_outside_workspace'));
    await expect(call('Read', { file_path: 'a\0b' })).rejects.toEqual(failure('invalid_path'));
  });

  it('inside are taken absolute and relative', async () => {
    for (const file_path of ['/workspace/a.txt', 'b/../b.txt', './c/d.txt', '/tmp/e.txt']) {
      await call('Write', { file_path, content: file_path });
      expect((await call('Read', { file_path })).text).toContain(file_path);
    }
  });
});

describe('Read', () => {
  it('numbers the lines like cat -n, from offset and up to limit', async () => {
    await writeFile(at('a.txt'), 'one\r\n\ntwo\tü\nthree');
    expect((await call('Read', { file_path: 'a.txt' })).text).toBe(
      '     1\tone\n     2\t\n     3\ttwo\tü\n     4\tthree',
    );
    expect((await call('Read', { file_path: 'a.txt', offset: 2, limit: 2 })).text).toBe(
      '     2\t\n     3\ttwo\tü\n(Lines 2 to 3 of 4. Read on with offset 4.)',
    );
    await expect(call('Read', { file_path: 'a.txt', offset: 5 })).rejects.toEqual(
      failure('offset_after_end', '4 lines'),
    );
  });

  it('gives 2,000 lines and the rest with the offset it names', async () => {
    await writeFile(at('long.txt'), Array.from({ length: 4500 }, (_, n) => `line ${n + 1}\n`).join(''));
    const first = await call('Read', { file_path: 'long.txt' });
    expect(first.text).toContain('(Lines 1 to 2000 of 4500. Read on with offset 2001.)');
    const last = await call('Read', { file_path: 'long.txt', offset: 4001 });
    expect(last.text).toMatch(/ 4500\tline 4500$/);
  });

  it('loses no line when the pages are read one after the other, whatever their length', async () => {
    await writeFile(at('wide.txt'), Array.from({ length: 300 }, (_, n) => `${n} ${'x'.repeat(1500)}\n`).join(''));
    const seen: string[] = [];
    for (let offset: number | undefined = 1; offset !== undefined; ) {
      const { text } = await call('Read', { file_path: 'wide.txt', offset });
      expect(text.length).toBeLessThan(100_200);
      seen.push(...[...text.matchAll(/\t(\d+) x/g)].map((match) => match[1] ?? ''));
      offset = /offset (\d+)/.exec(text)?.[1] === undefined ? undefined : Number(/offset (\d+)/.exec(text)?.[1]);
    }
    expect(seen).toEqual(Array.from({ length: 300 }, (_, n) => String(n)));
  });

  it('cuts long lines', async () => {
    await writeFile(at('min.js'), `${'y'.repeat(5000)}\nend`);
    expect((await call('Read', { file_path: 'min.js' })).text).toBe(
      `     1\t${'y'.repeat(2000)} [3000 characters more]\n     2\tend`,
    );
  });

  it('says that a file is empty, missing, or a folder, and what to do', async () => {
    await writeFile(at('empty'), '');
    await mkdir(at('dir'));
    expect((await call('Read', { file_path: 'empty' })).text).toBe('(The file is empty.)');
    await expect(call('Read', { file_path: 'none' })).rejects.toEqual(failure('file_not_found', 'Glob'));
    await expect(call('Read', { file_path: 'dir' })).rejects.toEqual(failure('is_directory', 'Glob'));
  });

  it('refuses binary files with a sentence and shows text that is not UTF-8', async () => {
    await writeFile(at('a.bin'), Buffer.from([1, 2, 0, 3]));
    await writeFile(at('latin1.txt'), Buffer.from('caf\xe9', 'latin1'));
    await writeFile(at('utf16.txt'), Buffer.from('\ufeffhallo ü', 'utf16le'));
    await expect(call('Read', { file_path: 'a.bin' })).rejects.toEqual(failure('binary_file', '4 bytes'));
    expect((await call('Read', { file_path: 'latin1.txt' })).text).toMatch(/caf\ufffd\n\(The file is not UTF-8/);
    expect((await call('Read', { file_path: 'utf16.txt' })).text).toContain('\thallo ü');
  });

  it('shows a PDF page by page, and tells where it goes on', async () => {
    await copyFile(path.join(import.meta.dirname, '../../documents/fixtures/report.pdf'), at('report.dat'));
    const whole = await call('Read', { file_path: 'report.dat' });
    expect(whole.text).toMatch(/^Title: Quarterly report 季度报告\n--- Page 1 ---\n[\s\S]+\n--- Page 2 ---\n第二页/);
    const first = await call('Read', { file_path: 'report.dat', pages: '1' });
    expect(first.text).toContain('(Pages 1 to 1 of 2. Read on with pages "2-2".)');
    await expect(call('Read', { file_path: 'report.dat', pages: '3' })).rejects.toEqual(failure('page_after_end'));
    await expect(call('Read', { file_path: 'report.dat', pages: '1-40' })).rejects.toEqual(
      failure('invalid_page_range'),
    );
  });

  it('shows images by what they are and not by their name', async () => {
    const images: [string, Buffer][] = [
      ['image/png', Buffer.from('\x89PNG\r\n\x1a\nrest', 'latin1')],
      ['image/jpeg', Buffer.from('\xff\xd8\xff\xe0rest', 'latin1')],
      ['image/gif', Buffer.from('GIF89arest')],
      ['image/webp', Buffer.from('RIFF\x01\x00\x00\x00WEBPrest', 'latin1')],
    ];
    for (const [mimeType, bytes] of images) {
      await writeFile(at('picture.txt'), bytes);
      const { content } = await call('Read', { file_path: 'picture.txt' });
      expect(content[1]).toEqual({ type: 'image', mimeType, data: bytes.toString('base64') });
    }
    await writeFile(at('fake.png'), 'just text');
    expect((await call('Read', { file_path: 'fake.png' })).text).toContain('just text');
    await writeFile(
      at('huge.png'),
      Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(4_000_000)]),
    );
    await expect(call('Read', { file_path: 'huge.png' })).rejects.toEqual(failure('image_too_large'));
  });
});

describe('Write', () => {
  it('makes folders, replaces whole files and tells which it was', async () => {
    expect((await call('Write', { file_path: 'a/b.txt', content: 'ü' })).text).toBe(
      'Created /workspace/a/b.txt (2 bytes).',
    );
    expect((await call('Write', { file_path: 'a/b.txt', content: '' })).text).toBe(
      'Replaced /workspace/a/b.txt (0 bytes).',
    );
    expect(await readFile(at('a/b.txt'), 'utf8')).toBe('');
  });
});

describe('Edit', () => {
  const edit = async (before: string | Buffer, input: Record<string, unknown>): Promise<string> => {
    await writeFile(at('f.txt'), before);
    await call('Edit', { file_path: 'f.txt', ...input });
    return readFile(at('f.txt'), 'utf8');
  };

  it('replaces the one occurrence, byte for byte', async () => {
    expect(await edit('a $1 b', { old_string: '$1', new_string: '$& $$ \\n' })).toBe('a $& $$ \\n b');
    expect(await edit('\ufeffa\tb', { old_string: 'a', new_string: 'c' })).toBe('\ufeffc\tb');
    expect(await edit('abc', { old_string: 'b', new_string: '' })).toBe('ac');
  });

  it('replaces all only when told to', async () => {
    expect(await edit('x y x', { old_string: 'x', new_string: 'xx', replace_all: true })).toBe('xx y xx');
    await expect(edit('x y x', { old_string: 'x', new_string: 'z' })).rejects.toEqual(
      failure('text_not_unique', '2 times'),
    );
    expect(await readFile(at('f.txt'), 'utf8')).toBe('x y x');
  });

  it('says when nothing matches and changes nothing', async () => {
    await expect(edit('a b', { old_string: 'a  b', new_string: 'c' })).rejects.toEqual(failure('text_not_found'));
    expect(await readFile(at('f.txt'), 'utf8')).toBe('a b');
    await expect(edit('a', { old_string: 'a', new_string: 'a' })).rejects.toThrow('are the same');
    await expect(edit('a', { old_string: '', new_string: 'b' })).rejects.toThrow('use Write');
  });

  it('keeps the line ends of the file', async () => {
    const dos = 'one\r\ntwo\r\nthree\r\n';
    expect(await edit(dos, { old_string: 'one\ntwo', new_string: 'uno\ndos' })).toBe('uno\r\ndos\r\nthree\r\n');
    expect(await edit(dos, { old_string: 'two', new_string: 'a\nb' })).toBe('one\r\na\r\nb\r\nthree\r\n');
    expect(await edit(dos, { old_string: 'two\r\n', new_string: '' })).toBe('one\r\nthree\r\n');
    expect(await edit('one\r\ntwo\nthree', { old_string: 'two\nthree', new_string: 'x\ny' })).toBe('one\r\nx\ny');
  });

  it('leaves files alone that it would damage', async () => {
    await expect(edit(Buffer.from('caf\xe9 a', 'latin1'), { old_string: 'a', new_string: 'b' })).rejects.toEqual(
      failure('not_utf8'),
    );
    await expect(edit(Buffer.from('a\0'), { old_string: 'a', new_string: 'b' })).rejects.toEqual(failure('not_utf8'));
    await expect(edit(Buffer.from('\ufeffa b', 'utf16le'), { old_string: 'a', new_string: 'b' })).rejects.toEqual(
      failure('not_utf8'),
    );
  });

  it('loses none of several edits of one file in the same turn', async () => {
    await writeFile(at('f.txt'), Array.from({ length: 20 }, (_, n) => `<${n}>`).join('\n'));
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        call('Edit', { file_path: n % 2 ? 'f.txt' : '/workspace/f.txt', old_string: `<${n}>`, new_string: `[${n}]` }),
      ),
    );
    expect(await readFile(at('f.txt'), 'utf8')).toBe(Array.from({ length: 20 }, (_, n) => `[${n}]`).join('\n'));
  });

  it('changes nothing but the place, whatever the text', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(text, text, text, async (before, after, replacement) => {
        const mark = '\u{1f511}here';
        fc.pre(!before.includes('\0') && !after.includes('\0') && replacement !== mark);
        const whole = `a${before}${mark}${after}`;
        expect(await edit(whole, { old_string: mark, new_string: replacement })).toBe(
          `a${before}${replacement}${after}`,
        );
      }),
      { numRuns: 50 },
    );
  });
});

describe('Glob and Grep', () => {
  beforeEach(async () => {
    await mkdir(at('src/deep'), { recursive: true });
    await writeFile(at('src/a.py'), 'import os\nprint("Needle")\nneedle = 1\n');
    await writeFile(at('src/deep/b.py'), '# needle\n');
    await writeFile(at('c.txt'), 'nothing');
    await utimes(at('src/a.py'), 1, 1);
  });

  it('finds files newest first, also by an absolute pattern', async () => {
    expect((await call('Glob', { pattern: '**/*.py' })).text).toBe('src/deep/b.py\nsrc/a.py');
    expect((await call('Glob', { pattern: '*.py', path: 'src' })).text).toBe('src/a.py');
    expect((await call('Glob', { pattern: '/workspace/src/**/*.py' })).text).toBe('src/deep/b.py\nsrc/a.py');
    expect((await call('Glob', { pattern: '*.rs' })).text).toBe('No files match.');
  });

  it('says when there are more files than it shows', async () => {
    await Promise.all(Array.from({ length: 101 }, (_, n) => writeFile(at(`n${n}.log`), '')));
    const result = await call('Glob', { pattern: '*.log' });
    expect(result.text).toContain('newest 100; more files match');
    expect(result.details).toEqual({ count: 100, hasMore: true });
  });

  it('gives files, lines or counts', async () => {
    const files = (await call('Grep', { pattern: 'needle' })).text.split('\n').toSorted();
    expect(files).toEqual(['src/a.py', 'src/deep/b.py']);
    expect((await call('Grep', { pattern: 'needle', path: 'src/a.py', output_mode: 'content' })).text).toBe(
      'src/a.py:3:needle = 1',
    );
    expect((await call('Grep', { pattern: 'needle', '-i': true, output_mode: 'count', glob: 'a.*' })).text).toBe(
      'src/a.py:2',
    );
    expect((await call('Grep', { pattern: 'absent' })).text).toBe('No matches.');
  });

  it('stops at head_limit and says so', async () => {
    await writeFile(at('many.txt'), 'hit\n'.repeat(50));
    const result = await call('Grep', { pattern: 'hit', output_mode: 'content', head_limit: 3 });
    expect(result.text.split('\n')).toHaveLength(4);
    expect(result.text).toContain('These are the first 3; there are more');
  });
});

it('hands faults of the sandbox on as they are', async () => {
  const fault = new AppError('docker_not_running', 'Start Docker.', { status: 503 });
  for (const [name, input] of Object.entries({
    Bash: { command: 'x' },
    Read: { file_path: 'x' },
    Glob: { pattern: 'x' },
  })) {
    await expect(call(name, input, { sandbox: () => Promise.reject(fault) })).rejects.toBe(fault);
  }
});

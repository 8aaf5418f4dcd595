import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { createDocumentReader } from './document-reader.ts';
import { extractDocument } from './extract-document.ts';
import { wholeIdeographs } from './whole-ideographs.ts';

const never = new AbortController().signal;
const reader = createDocumentReader();
const fixture = (name: string) => readFile(join(import.meta.dirname, 'fixtures', name));
const bytesOf = (text: string) => new TextEncoder().encode(text);
const read = (bytes: Uint8Array, name: string, mediaType?: string) => reader.read(bytes, { name, mediaType }, never);

async function zipOf(files: Record<string, Buffer>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(files)) zip.addBuffer(content, name);
  zip.end();
  return Buffer.concat(await Array.fromAsync(zip.outputStream, (chunk) => Buffer.from(chunk)));
}

function docxOf(body: string): Promise<Buffer> {
  const word = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
  const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  const package_ = 'http://schemas.openxmlformats.org/package/2006';
  return zipOf({
    '[Content_Types].xml': Buffer.from(
      `<Types xmlns="${package_}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`,
    ),
    '_rels/.rels': Buffer.from(
      `<Relationships xmlns="${package_}/relationships"><Relationship Id="r1" Type="${office}/officeDocument" Target="word/document.xml"/></Relationships>`,
    ),
    'word/document.xml': Buffer.from(`<w:document xmlns:w="${word}"><w:body>${body}</w:body></w:document>`),
  });
}

const paragraph = (text: string, style = '') =>
  `<w:p>${style && `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>`}<w:r><w:t>${text}</w:t></w:r></w:p>`;

describe('documents become text', () => {
  it('reads a PDF page by page, Chinese as people type it', async () => {
    const { kind, title, pages } = await read(await fixture('report.pdf'), 'report.pdf');
    expect({ kind, title }).toEqual({ kind: 'pdf', title: 'Quarterly report 季度报告' });
    expect(pages[0]).toContain('Revenue grew by twelve percent.');
    expect(pages[1]).toBe('第二页：净利润增长百分之八。');
  });

  it('reads a Word document with its headings', async () => {
    const bytes = await docxOf(paragraph('Plan', 'Heading1') + paragraph('第一步 comes first.'));
    const { kind, title, pages } = await read(bytes, 'plan.docx');
    expect({ kind, title }).toEqual({ kind: 'docx', title: 'Plan' });
    expect(pages[0]).toMatch(/^# Plan\n+第一步 comes first\./);
  });

  it('reads HTML as Markdown, without what a page runs', async () => {
    const html = '<title>Notes</title><script>steal()</script><h2>One</h2><p>Two <b>three</b></p>';
    const { title, pages } = await read(bytesOf(html), 'notes.html');
    expect(title).toBe('Notes');
    expect(pages[0]).toContain('## One');
    expect(pages[0]).not.toContain('steal');
  });

  it.each([
    ['a.csv', 'name,city\n"Li, Wei",北京\n'],
    ['a.csv', 'name;city\n"Li, Wei";北京\n'],
    ['a.tsv', 'name\tcity\nLi, Wei\t北京\n'],
  ])('reads the table %s as a table', async (name, text) => {
    const { pages } = await read(bytesOf(text), name);
    expect(pages[0]).toBe('| name | city |\n| --- | --- |\n| Li, Wei | 北京 |');
  });

  it('tells a very wide table field by field', async () => {
    const head = Array.from({ length: 60 }, (_, index) => `f${index}`).join(',');
    const row = Array.from({ length: 60 }, (_, index) => (index === 59 ? 'last' : '')).join(',');
    const { pages } = await read(bytesOf(`${head}\n${row}\n`), 'wide.csv');
    expect(pages[0]).toBe('f59: last');
  });

  it('reads plain text in the charset that it is written in', async () => {
    const gb = Buffer.from([0xd6, 0xd0, 0xce, 0xc4, 0xb2, 0xe2, 0xca, 0xd4]);
    expect((await read(gb, 'a.txt')).pages[0]).not.toContain('\ufffd');
    expect(await read(bytesOf('# Title\r\n中文'), 'a.md')).toMatchObject({ title: 'Title', pages: ['# Title\n中文'] });
  });

  it('goes by the bytes when the name is wrong', async () => {
    expect((await read(await fixture('report.pdf'), 'report.txt')).kind).toBe('pdf');
  });
});

describe('documents that cannot be read', () => {
  it('says that a PDF has a password', async () => {
    await expect(read(await fixture('locked.pdf'), 'locked.pdf')).rejects.toMatchObject({ code: 'document_locked' });
  });

  it('says that a file is damaged', async () => {
    const pdf = await fixture('report.pdf');
    await expect(read(pdf.subarray(0, 900), 'cut.pdf')).rejects.toMatchObject({ code: 'document_damaged' });
    await expect(read(bytesOf('no pdf at all'), 'x.pdf')).rejects.toMatchObject({ code: 'document_damaged' });
    const zip = await zipOf({ 'word/other.xml': Buffer.from('<x/>') });
    await expect(read(zip, 'x.docx')).rejects.toMatchObject({ code: 'document_damaged' });
  });

  it('refuses what has no text', async () => {
    await expect(read(Uint8Array.of(0, 1, 2, 0), 'x.bin')).rejects.toMatchObject({ code: 'document_unsupported' });
    await expect(read(await zipOf({ a: Buffer.from('a') }), 'x.zip')).rejects.toMatchObject({
      code: 'document_unsupported',
    });
  });

  it('refuses a document that unpacks to a bomb, before its parser sees it', async () => {
    const zeros = Buffer.alloc(30 * 1024 * 1024);
    const names = Array.from({ length: 8 }, (_, index) => `word/${index}.xml`);
    const bomb = await zipOf(Object.fromEntries(names.map((name) => [name, zeros])));
    expect(bomb.length).toBeLessThan(1024 * 1024);
    await expect(read(bomb, 'bomb.docx')).rejects.toMatchObject({ code: 'document_too_large' });
  });

  it('refuses what is too large before it is looked at', async () => {
    const small = createDocumentReader({ maxBytes: 10 });
    await expect(small.read(bytesOf('more than ten'), { name: 'a.txt' }, never)).rejects.toMatchObject({
      code: 'document_too_large',
      status: 413,
    });
  });

  it('gives up a document that takes too long, and ends its thread', async () => {
    const hasty = createDocumentReader({ timeoutMs: 1 });
    const before = process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
    await expect(hasty.read(await fixture('report.pdf'), { name: 'a.pdf' }, never)).rejects.toMatchObject({
      code: 'document_timeout',
    });
    const after = process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
    expect(after).toBe(before);
  });

  it('ends with the signal', async () => {
    const stop = new AbortController();
    const reading = reader.read(await fixture('report.pdf'), { name: 'a.pdf' }, stop.signal);
    stop.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
  });
});

describe('whatever the bytes are', () => {
  it('the answer is a text or an error with a code', async () => {
    const pdf = await fixture('report.pdf');
    const damagedPdf = fc
      .array(fc.tuple(fc.nat(pdf.length - 1), fc.nat(255)), { minLength: 1, maxLength: 40 })
      .map((changes) => {
        const copy = Buffer.from(pdf);
        for (const [at, byte] of changes) copy[at] = byte;
        return copy;
      });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.uint8Array({ maxLength: 300 }), damagedPdf),
        fc.constantFrom('text', 'markdown', 'html', 'csv', 'pdf', 'docx'),
        async (bytes, kind) => {
          const answer = await extractDocument(bytes, 'x', kind as 'pdf').catch((error: unknown) => error);
          expect(answer).toSatisfy(
            (value) =>
              (Array.isArray((value as { pages?: unknown }).pages) &&
                (value as { pages: string[] }).pages.every((page) => page.isWellFormed())) ||
              typeof (value as { code?: unknown }).code === 'string',
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('ordinary text keeps its characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(!/[\u2e80-\u2fd5]/.test(text));
        expect(wholeIdeographs(text)).toBe(text);
      }),
    );
    expect(wholeIdeographs('⼆⻚⻓⼋')).toBe('二页长八');
  });
});

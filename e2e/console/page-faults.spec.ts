import { expect, signIn, test } from '../support/console-test.ts';

test('faults of the page, files that are missing, what the policy refuses and requests that fail stand in the log', async ({
  page,
  start,
}) => {
  await signIn(page, await start());
  await page.getByRole('link', { name: 'Logs' }).click();
  const list = page.getByRole('log', { name: 'Log lines' });
  const row = (text: string | RegExp) => list.getByRole('button', { name: text });
  await expect(row('Server is ready.').last()).toBeVisible();

  await page.route(/\/console\/api\/data\b/, (route) => route.abort());
  await page.evaluate(async () => {
    setTimeout(() => {
      throw new RangeError('thrown on purpose');
    });
    void Promise.reject(new Error('left on purpose'));
    const image = new Image();
    const failed = new Promise((resolve) => image.addEventListener('error', resolve));
    image.src = '/nowhere.png?token=abc';
    document.body.append(image);
    const script = document.createElement('script');
    script.textContent = 'window.wasRun = true';
    document.body.append(script);
    await failed;
    image.remove();
  });
  await expect(row(/had a fault.*RangeError: thrown on purpose/)).toBeVisible();
  await expect(row(/left a fault unanswered.*left on purpose/)).toBeVisible();
  await expect(row(/did not load.*img.*\/nowhere\.png/)).toBeVisible();
  await expect(row(/security policy.*script-src-elem/)).toBeVisible();
  expect(await page.evaluate(() => Reflect.has(window, 'wasRun'))).toBe(false);

  const failed = page.waitForEvent('requestfailed', (request) => request.url().includes('/console/api/data'));
  await page.getByRole('link', { name: 'Data' }).click();
  await failed;
  await page.getByRole('link', { name: 'Logs' }).click();
  await expect(row(/got no answer.*GET: Failed to fetch.*api\/data/).first()).toBeVisible();
  await page.getByRole('combobox', { name: 'Source' }).click();
  await page.getByRole('option', { name: 'Console', exact: true }).click();
  await expect(row(/thrown on purpose/)).toBeVisible();
  await expect(page.getByText('token=abc')).toHaveCount(0);
});

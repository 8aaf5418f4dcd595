import { expect, signIn, test } from '../support/console-test.ts';

test('what runs used is drawn, told in a table, and is there after a restart', async ({ start, page }) => {
  const first = await start();
  await signIn(page, first);
  await expect(page.getByText('No run yet.')).toBeVisible();
  await page.evaluate(() =>
    fetch('/console/api/chat/stream', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Agentrail-Console': '1' },
      body: JSON.stringify({ message: 'What are you?' }),
    }).then((answer) => answer.text()),
  );
  await expect(page.getByRole('img', { name: 'Runs, 24 hours: 1 in all' })).toBeVisible();
  await page.getByRole('button', { name: 'Tokens' }).click();
  await expect(page.getByRole('img', { name: /^Tokens, 24 hours: [\d.]+K? in all/ })).toBeVisible();
  await page.getByRole('button', { name: 'Runs', exact: true }).click();
  await page.getByRole('button', { name: '30 days' }).click();
  await page.getByText('As a table').click();
  await expect(page.getByRole('row')).toHaveCount(31);
  await expect(page.getByRole('row').last()).toContainText('1');
  await first.stop();
  await signIn(page, await start());
  await expect(page.getByRole('img', { name: 'Runs, 24 hours: 1 in all' })).toBeVisible();
});

test('it tells how to connect, what the console uses, and how old the last backup is', async ({ start, page }) => {
  await signIn(page, await start());
  await expect(page.getByText(/curl -N 'http:\/\/127\.0\.0\.1:\d+\/api\/stream'/)).toBeVisible();
  await expect(page.getByText(/^http:\/\/127\.0\.0\.1:\d+\/v1$/)).toBeVisible();
  await expect(page.getByText('Open handles')).toBeVisible();
  await page.getByRole('link', { name: /no backup yet/ }).click();
  await expect(page).toHaveURL(/\/data$/);
  await page.goBack();
  await page.evaluate(() =>
    fetch('/console/api/data/backups', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Agentrail-Console': '1' },
      body: JSON.stringify({ workspaces: false, secrets: false }),
    }).then((answer) => answer.text()),
  );
  await page.reload();
  await expect(page.getByRole('link', { name: /backup (now|\d+ sec\. ago|1 min\. ago)/ })).toBeVisible();
});

import { accessibilityFaults } from '../support/accessibility-faults.ts';
import { configureModel, expect, setKey, signIn, test } from '../support/console-test.ts';

test('a run that failed elsewhere is told once, listed, leads to its session, and can be dismissed', async ({
  home,
  start,
  upstream,
  page,
}) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await configureModel(home, await upstream(() => ({ error: { status: 400, message: 'No.' } })));
  const program = await start();
  await signIn(page, program);
  await setKey(page);
  const bell = page.getByRole('button', { name: /^Notifications/ });
  await bell.click();
  await expect(page.getByText('Nothing happened that needs you.')).toBeVisible();
  await page.keyboard.press('Escape');

  await page.evaluate(() =>
    fetch('/console/api/chat/stream', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Agentrail-Console': '1' },
      body: JSON.stringify({ message: 'Fail for me' }),
    }).then((answer) => answer.text()),
  );
  // A toast, since Secrets does not show runs.
  await expect(page.getByText('A run failed').first()).toBeVisible();
  await expect(bell).toHaveAccessibleName('Notifications, 1 unread');
  await bell.click();
  const list = page.getByRole('dialog', { name: 'Notifications' });
  const row = list.getByRole('link', { name: /A run failed/ });
  await expect(row).toContainText('Fail for me');
  expect(await accessibilityFaults(page)).toEqual([]);

  await row.click();
  await expect(page).toHaveURL(/\/playground\/ses_/);
  await expect(bell).toHaveAccessibleName('Notifications');
  await page.reload();
  await expect(page.getByRole('article', { name: 'Agent' }).or(page.getByText('Fail for me')).first()).toBeVisible();
  await bell.press('Enter');
  await list.getByRole('button', { name: 'Dismiss: A run failed' }).click();
  await expect(list.getByText('Nothing happened that needs you.')).toBeVisible();
});

test('a question is told while it waits, and over once its run ended', async ({ console: page, shared }) => {
  await page.goto(`${shared.consoleUrl}/logs`);
  const bell = page.getByRole('button', { name: /^Notifications/ });
  await page.evaluate(() => {
    void fetch('/console/api/chat/stream', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Agentrail-Console': '1' },
      body: JSON.stringify({ message: 'Ask me a question' }),
    });
  });
  await expect(bell).toHaveAccessibleName('Notifications, 1 unread');
  await bell.click();
  const list = page.getByRole('dialog', { name: 'Notifications' });
  const row = list.getByRole('link', { name: /An agent has a question/ });
  await expect(row).toContainText('Which kind of greeting should I write?');
  await page.evaluate(async () => {
    const headers = { 'X-Agentrail-Console': '1' };
    const { runs } = await fetch('/console/api/state').then((answer) => answer.json());
    for (const { runId, status } of runs)
      if (status === 'running') await fetch(`/console/api/runs/${runId}/abort`, { method: 'POST', headers });
  });
  await expect(row).toContainText('over');
  await list.getByRole('button', { name: 'Dismiss all' }).click();
  await expect(list.getByRole('link')).toHaveCount(0);
});

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import type { SessionListing } from '../../server/contract/sessions.ts';
import { accessibilityFaults } from '../support/accessibility-faults.ts';
import { expect, signIn, test } from '../support/console-test.ts';
import type { TempHome } from '../support/temp-home.ts';

interface Kept {
  sessionId: string;
  title: string;
  says?: string;
  tenantId?: string;
  stopReason?: 'stop' | 'error';
}

/** A session as an earlier start of the program left it. `age` in minutes. */
async function keepSession(home: TempHome, kept: Kept, age: number): Promise<void> {
  const { sessionId, title, says = 'Nothing much.', tenantId = 'default', stopReason = 'stop' } = kept;
  const folder = join(home.dataDir, 'tenants', tenantId, 'sessions', sessionId);
  await mkdir(folder, { recursive: true });
  const at = Date.now() - age * 60_000;
  const tokens = { inputTokens: 1200, outputTokens: 34, cacheReadTokens: 0, cacheWriteTokens: 0, totalTokens: 1234 };
  const cost = { input: 0.2, output: 0.05, cacheRead: 0, cacheWrite: 0, total: 0.25 };
  const usage = { input: 1200, output: 34, cacheRead: 0, cacheWrite: 0, totalTokens: 1234, cost };
  const lines = (records: object[]) => `${records.map((record) => JSON.stringify(record)).join('\n')}\n`;
  await writeFile(
    join(folder, 'session.jsonl'),
    lines([
      { type: 'init', sessionId, tenantId, userId: 'default', agentId: 'default', title, createdAt: at },
      { type: 'turn', turnIndex: 0, ...tokens, cost: 0.25, updatedAt: at, runId: 'run_1', model: 'p:m', stopReason },
    ]),
  );
  const call = { type: 'toolCall', id: 'call_1', name: 'Bash', arguments: { command: 'ls -la' } };
  await writeFile(
    join(folder, 'messages.jsonl'),
    lines([
      { role: 'user', content: `Tell me about ${title}.`, timestamp: at },
      {
        ...{
          role: 'assistant',
          content: [{ type: 'thinking', thinking: 'Let me see.' }, call],
          provider: 'p',
          model: 'm',
        },
        ...{ usage, stopReason: 'toolUse', timestamp: at },
      },
      {
        ...{ role: 'toolResult', toolCallId: 'call_1', toolName: 'Bash', content: [{ type: 'text', text: 'total 8' }] },
        ...{ isError: false, timestamp: at },
      },
      {
        ...{ role: 'assistant', content: [{ type: 'text', text: says }], provider: 'p', model: 'm', usage, stopReason },
        timestamp: at,
      },
    ]),
  );
}

const grid = (page: Page) => page.getByRole('grid', { name: 'Sessions' });
const row = (page: Page, title: string | RegExp) => page.getByRole('row', { name: title });
const faults = async (page: Page) => {
  return accessibilityFaults(page);
};

test('an empty list says how a session begins', async ({ home, start, page }) => {
  expect(home.dataDir).not.toBe('');
  await signIn(page, await start());
  await page.getByRole('link', { name: 'Sessions', exact: true }).click();
  await expect(page.getByText('No sessions yet.')).toBeVisible();
  expect(await faults(page)).toEqual([]);
});

test('sessions are found, filtered, opened and left again', async ({ home, start, page }) => {
  await keepSession(home, { sessionId: 'ses_a', title: 'Quarterly numbers', says: 'The walrus ate the invoices.' }, 1);
  await keepSession(home, { sessionId: 'ses_b', title: 'Broken build', stopReason: 'error' }, 2);
  await keepSession(home, { sessionId: 'ses_c', title: 'Elsewhere', tenantId: 'acme' }, 3);
  const program = await start();
  await signIn(page, program);
  await page.getByRole('link', { name: 'Sessions', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('3 sessions');
  await expect(row(page, /Quarterly numbers/)).toContainText('$0.25');
  await expect(row(page, /Broken build/)).toContainText('failed');

  const search = page.getByRole('searchbox', { name: 'Search titles and messages' });
  await search.fill('WALRUS invoices');
  await expect(row(page, /Broken build/)).toHaveCount(0);
  await expect(row(page, /Quarterly numbers/).locator('mark')).toHaveText(['walrus', 'invoices']);
  await expect(page).toHaveURL(/text=WALRUS/);
  await search.fill('nothing like this');
  await expect(page.getByText('No session matches.')).toBeVisible();
  await page.getByRole('button', { name: 'Show all' }).click();

  await page.getByRole('button', { name: 'Failed' }).click();
  await expect(row(page, /Quarterly numbers/)).toHaveCount(0);
  await expect(row(page, /Broken build/)).toBeVisible();
  await page.getByRole('button', { name: 'All', exact: true }).click();
  await page.getByRole('combobox', { name: 'Tenant' }).fill('acme');
  await expect(row(page, /Quarterly numbers/)).toHaveCount(0);

  await row(page, /Elsewhere/)
    .getByRole('link', { name: 'Elsewhere' })
    .click();
  await expect(page).toHaveURL(/\/sessions\/acme\/default\/ses_c$/);
  await expect(page.getByText('Tell me about Elsewhere.')).toBeVisible();
  await page.getByRole('code').filter({ hasText: 'ls -la' }).click();
  await expect(page.getByRole('group', { name: 'Output: Bash' })).toContainText('total 8');
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    expect(await faults(page)).toEqual([]);
  }
  await page.getByRole('button', { name: 'Usage' }).click();
  await expect(page.getByRole('row', { name: /p:m/ })).toHaveCount(2);
  expect(await faults(page)).toEqual([]);
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Elsewhere');
  await page.getByRole('link', { name: 'Sessions' }).last().click();
  await expect(row(page, /Quarterly numbers/)).toBeVisible();
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    expect(await faults(page)).toEqual([]);
  }
});

test('everything is done by keyboard alone', async ({ home, start, page }) => {
  for (const [age, name] of ['First', 'Second', 'Third'].entries())
    await keepSession(home, { sessionId: `ses_${age}`, title: name }, age);
  const program = await start();
  await signIn(page, program);
  await page.goto(`${program.consoleUrl}/sessions`);
  await expect(row(page, /First/)).toBeVisible();
  await grid(page).focus();

  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('F2');
  await page.keyboard.type('Renamed by hand');
  await page.keyboard.press('Enter');
  await expect(row(page, /Renamed by hand/)).toBeVisible();
  await expect(grid(page)).toBeFocused();

  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/ses_1$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Renamed by hand');
  await page.goBack();
  await grid(page).focus();
  await page.keyboard.press('Delete');
  const dialog = page.getByRole('alertdialog');
  await expect(dialog).toContainText('Renamed by hand');
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);

  await grid(page).focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  await expect(page.getByText('2 selected')).toBeVisible();
  await page.keyboard.press('Delete');
  await expect(dialog).toContainText('Delete 2 sessions?');
  expect(await faults(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Delete 2 sessions' }).focus();
  await page.keyboard.press('Enter');
  await expect(row(page, /Renamed|Third/)).toHaveCount(0);
  await expect(row(page, /First/)).toBeVisible();
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('1 session');
});

test('a session that is not there is told, and the list shows a run that begins elsewhere', async ({
  start,
  page,
  context,
}) => {
  const program = await start();
  await signIn(page, program);
  await page.goto(`${program.consoleUrl}/sessions/default/default/ses_none`);
  await expect(page.getByRole('alert')).toContainText('There is no such session');
  await page.getByRole('link', { name: 'Sessions' }).last().click();
  await expect(page.getByText('No sessions yet.')).toBeVisible();

  const other = await context.newPage();
  await other.goto(`${program.consoleUrl}/playground`);
  await other.getByRole('textbox', { name: 'Message' }).fill('What can you do here?');
  await other.getByRole('button', { name: 'Send' }).click();
  await expect(row(page, /What can you do here/)).toBeVisible();
});

test('a run is traced, its session exported and forked', async ({ start, page }) => {
  const program = await start();
  await signIn(page, program);
  await page.goto(`${program.consoleUrl}/playground`);
  await page.getByRole('textbox', { name: 'Message' }).fill('What can you do here?');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page.getByText('Done', { exact: true })).toBeVisible();
  await page.getByRole('link', { name: 'Sessions', exact: true }).click();
  await row(page, /What can you do here/)
    .getByRole('link')
    .first()
    .click();

  await page.getByRole('button', { name: 'Trace' }).click();
  const steps = page.getByRole('list', { name: 'Steps of the run' }).getByRole('listitem');
  await expect(steps.filter({ hasText: /^Turn 1/ })).toHaveCount(1);
  await expect(steps.filter({ hasText: /^Model demo/ }).first()).toContainText('tokens');
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    expect(await faults(page)).toEqual([]);
  }

  const menuItem = async (name: string) => {
    await page.getByRole('button', { name: 'More', exact: true }).click();
    await page.locator('[role^=menuitem]', { hasText: name }).click();
  };
  const [download] = await Promise.all([page.waitForEvent('download'), menuItem('Export as Markdown')]);
  expect(download.suggestedFilename()).toMatch(/^ses_.+\.md$/);
  expect(await readFile(await download.path(), 'utf8')).toContain('What can you do here?');

  const original = page.url();
  await menuItem('Fork…');
  await page.getByRole('textbox', { name: 'Title' }).fill('Another way');
  await page.getByRole('button', { name: 'Fork and open' }).click();
  await expect(page).toHaveURL(/\/playground\/ses_/);
  await expect(page.getByText('What can you do here?').first()).toBeVisible();
  await page.goto(`${program.consoleUrl}/sessions`);
  await expect(row(page, /Another way/)).toBeVisible();
  await page.goto(original);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('What can you do here?');
});

test('files of a session are browsed and read, what runs cost is shown by model, and retention tells what would go', async ({
  home,
  start,
  page,
}) => {
  await keepSession(home, { sessionId: 'ses_old', title: 'Very old' }, 60 * 24 * 400);
  const workspace = join(home.dataDir, 'sandboxes/default/ses_old');
  await mkdir(join(workspace, 'reports'), { recursive: true });
  await writeFile(join(workspace, 'reports/march.txt'), 'Sales went up.');
  const at = new Date().setMinutes(0, 0, 0);
  const sums = { runs: 2, failed: 0, inputTokens: 900, outputTokens: 100, cost: 1.5, durationMs: 1000 };
  const models = [{ model: 'anthropic:large', runs: 2, tokens: 1000, cost: 1.5 }];
  await writeFile(join(home.dataDir, 'usage.json'), JSON.stringify({ version: 1, hours: [{ at, ...sums, models }] }));
  const program = await start();
  await signIn(page, program);
  await page.goto(`${program.consoleUrl}/sessions/default/default/ses_old?tab=files`);
  await page.getByRole('button', { name: 'reports', exact: true }).click();
  await page.getByRole('button', { name: 'march.txt', exact: true }).click();
  await expect(page.getByText('Sales went up.')).toBeVisible();
  expect(await faults(page)).toEqual([]);

  await page.goto(`${program.consoleUrl}/sessions`);
  await page.getByRole('button', { name: 'Cost', exact: true }).click();
  const dialog = page.getByRole('dialog');
  const ofModel = dialog.getByRole('row', { name: /anthropic:large/ });
  await expect(ofModel).toContainText('$1.50');
  // Nothing of the dialog is cut off at its side.
  await expect(ofModel.getByRole('cell').last()).toBeInViewport({ ratio: 1 });
  await expect(dialog.getByRole('img', { name: 'Cost by day, All models: $1.50 in all' })).toBeVisible();
  expect(await faults(page)).toEqual([]);
  await page.keyboard.press('Escape');

  await page.getByRole('link', { name: 'Retention' }).click();
  await page.getByRole('button', { name: 'Preview' }).click();
  await expect(page.getByRole('group', { name: 'Sessions that would go' })).toContainText('Very old');
  expect(await faults(page)).toEqual([]);
});

test('what was compacted is told in the transcript, and its messages are shown when asked for', async ({
  home,
  start,
  page,
}) => {
  await keepSession(home, { sessionId: 'ses_long', title: 'A long talk', says: 'The newest words.' }, 5);
  const folder = join(home.dataDir, 'tenants/default/sessions/ses_long');
  const archived = { role: 'user', content: 'The very first words.', timestamp: Date.now() - 900_000 };
  const content = [
    '[Conversation compacted at 2026-01-01T00:00:00.000Z. Full history preserved in messages.compactions/0001.jsonl.',
    'Archive ID: 0001',
    '1 messages were compressed.',
    '',
    'Summary of compressed conversation:',
    'They spoke of budgets.',
    ']',
  ].join('\n');
  const marker = { role: 'user', content, timestamp: archived.timestamp };
  await mkdir(join(folder, 'messages.compactions'));
  await writeFile(join(folder, 'messages.compactions/0001.jsonl'), `${JSON.stringify(archived)}\n`);
  const since = await readFile(join(folder, 'messages.jsonl'), 'utf8');
  await writeFile(join(folder, 'messages.jsonl'), `${JSON.stringify(marker)}\n${since}`);
  const program = await start();
  await signIn(page, program);
  await page.goto(`${program.consoleUrl}/sessions/default/default/ses_long`);
  await expect(page.getByText('The newest words.')).toBeVisible();
  await expect(page.getByText('The very first words.')).toHaveCount(0);
  await page.getByText('1 message was compacted').click();
  await expect(page.getByText('They spoke of budgets.')).toBeVisible();
  await expect(page.getByText('The very first words.')).toBeVisible();
  expect(await faults(page)).toEqual([]);
});

test('a list whose index is being made shows what is there, says how far it is, and becomes whole by itself', async ({
  home,
  start,
  page,
}) => {
  await keepSession(home, { sessionId: 'ses_a', title: 'Latest' }, 1);
  await keepSession(home, { sessionId: 'ses_b', title: 'Found in between' }, 2);
  await keepSession(home, { sessionId: 'ses_c', title: 'Older' }, 3);
  await signIn(page, await start());
  // The server's own answer, as it is before the second session was read.
  let isMade = false;
  await page.route(/\/console\/api\/sessions\?/, async (route) => {
    // Behind what is known lies nothing new yet.
    const response = await route.fetch({
      url: route
        .request()
        .url()
        .replace(/&cursor=[^&]*/, ''),
    });
    const whole = (await response.json()) as SessionListing;
    const sessions = whole.sessions.filter(({ sessionId }) => sessionId !== 'ses_b');
    const part = { sessions, nextCursor: 'bm9uZQ', isIncomplete: true, indexing: { done: 2, total: 3 } };
    await route.fulfill({ response, json: isMade ? whole : part });
  });
  await page.getByRole('link', { name: 'Sessions', exact: true }).click();
  await expect(row(page, /Latest/)).toBeVisible();
  await expect(page.getByText('2 of 3 read')).toBeVisible();
  await expect(page.getByRole('progressbar', { name: 'Making the list of sessions' })).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sessions');
  await expect(row(page, /Found in between/)).toHaveCount(0);
  expect(await faults(page)).toEqual([]);
  await page.getByRole('searchbox', { name: 'Search titles and messages' }).fill('nowhere');
  await expect(page.getByText('Making the list of sessions')).toBeVisible();
  await page.getByRole('searchbox', { name: 'Search titles and messages' }).fill('');

  isMade = true;
  await expect(row(page, /Found in between/)).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('3 sessions');
  await expect(page.getByRole('progressbar')).toHaveCount(0);
});

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { accessibilityFaults } from '../support/accessibility-faults.ts';
import { expect, signIn, test } from '../support/console-test.ts';

/** What the page's policy refused, and every other complaint of the browser. */
function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !/409 \(Conflict\)|400 \(Bad Request\)/.test(message.text()))
      complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return complaints;
}

async function expectAccessible(page: Page, part = 'body'): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    expect(await accessibilityFaults(page, { part })).toEqual([]);
  }
}

const editorOf = (page: Page) => page.getByRole('textbox', { name: 'Text of agentrail.yaml' });

test('the file is edited as a text with completion, hover, faults at their line, and a look at the difference', async ({
  home,
  start,
  page,
}) => {
  const file = join(home.dir, 'agentrail.yaml');
  await writeFile(file, '# my settings\nlogging:\n  level: info # quiet\n');
  const complaints = complaintsOf(page);
  const program = await start();
  await signIn(page, program);
  await page.goto(`${program.consoleUrl}/settings?view=yaml`);
  const policy = await page.evaluate(async () => (await fetch('/')).headers.get('content-security-policy'));
  expect(policy).toMatch(/style-src 'self'(;|$)/);
  const editor = editorOf(page);
  await expect(editor).toContainText('# my settings');
  expect(await editor.evaluate((node) => getComputedStyle(node.closest('.cm-scroller') ?? node).fontFamily)).toMatch(
    /JetBrains/,
  );

  await editor.click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('serv');
  await page.getByRole('option', { name: 'server', exact: true }).click();
  await page.keyboard.type('requ');
  await expect(page.getByText('Asks for a token on loopback too')).toBeVisible();
  await page.getByRole('option', { name: 'requireToken' }).click();
  await page.keyboard.press('Control+Space');
  await page.getByRole('option', { name: 'true' }).click();
  await expect(editor).toContainText('requireToken: true');
  await expectAccessible(page);

  await page.keyboard.press('Control+End');
  await page.keyboard.type('\nprot: 1');
  const fault = page.getByRole('button', { name: /Line 6.*server\.prot.*Did you mean server\.port/ });
  await expect(fault).toBeVisible();
  await expect(page.getByRole('button', { name: 'Review and save…' })).toBeDisabled();
  await fault.press('Enter');
  await expect(editor).toBeFocused();
  await page.keyboard.press('Control+z');
  await expect(editor).not.toContainText('prot');
  await expect(fault).toHaveCount(0);

  await page.getByText('level', { exact: true }).hover();
  await expect(page.getByText('Lines below it are not written.')).toBeVisible();

  // A reload loses nothing that was typed.
  await page.reload();
  await expect(editor).toContainText('requireToken: true');
  await editor.click();
  await page.keyboard.press('Control+f');
  await expect(page.getByRole('textbox', { name: 'Find' })).toBeFocused();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+s');
  const dialog = page.getByRole('dialog', { name: 'Save these changes' });
  await expect(dialog.getByRole('textbox', { name: 'Yours' })).toContainText('requireToken: true');
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Save', exact: true }).press('Enter');
  await expect(dialog).toHaveCount(0);
  expect(await readFile(file, 'utf8')).toBe(
    '# my settings\nlogging:\n  level: info # quiet\nserver:\n  requireToken: true',
  );
  // The form shows the same file.
  await page.getByRole('button', { name: 'Form', exact: true }).click();
  await expect(page.getByRole('switch', { name: 'Token on loopback too' })).toBeChecked();
  expect(complaints).toEqual([]);
});

test('a file that another program changed meanwhile is compared, and neither text is lost', async ({
  home,
  start,
  page,
}) => {
  const file = join(home.dir, 'agentrail.yaml');
  await writeFile(file, 'logging:\n  level: info\n');
  const complaints = complaintsOf(page);
  const program = await start();
  await signIn(page, program);
  await page.goto(`${program.consoleUrl}/settings?view=yaml`);
  const editor = editorOf(page);
  await editor.click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('# mine');
  await writeFile(file, '# theirs\nlogging:\n  level: info\n');
  await page.keyboard.press('Control+s');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: /^Save/ }).press('Enter');
  const conflict = page.getByRole('dialog', { name: 'The file was changed meanwhile' });
  await expect(conflict.getByRole('textbox', { name: 'On disk' })).toContainText('# theirs');
  await expect(conflict.getByRole('textbox', { name: 'Yours' })).toContainText('# mine');
  await expectAccessible(page);
  await conflict.getByRole('button', { name: 'Take this part over' }).first().click();
  await conflict.getByRole('button', { name: 'Save mine' }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  expect(await readFile(file, 'utf8')).toContain('# theirs');

  await editor.click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('# again');
  await writeFile(file, '# third\n');
  await page.getByRole('button', { name: 'Compare…' }).click();
  await page.getByRole('button', { name: 'Use the one on disk' }).click();
  await expect(editor).toHaveText('# third');
  await editor.click();
  await page.keyboard.press('Control+z');
  await expect(editor).toContainText('# again');
  expect(complaints).toEqual([]);
});

test('a faulty file opens as a text with its fault, and is mended there', async ({ home, start, page }) => {
  const file = join(home.dir, 'agentrail.yaml');
  await writeFile(file, 'logging:\n  level: info\n');
  const program = await start();
  await writeFile(file, 'logging:\n  levle: warn\n');
  await signIn(page, program);
  await page.goto(`${program.consoleUrl}/settings`);
  await page.getByRole('button', { name: 'YAML', exact: true }).click();
  await expect(page.getByRole('button', { name: /Line 2.*logging\.levle/ })).toBeVisible();
  await page.reload();
  const editor = editorOf(page);
  await expect(editor).toContainText('levle');
  await editor.click();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('logging: {level: warn}');
  await page.getByRole('button', { name: 'Review and save…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  expect(await readFile(file, 'utf8')).toBe('logging: {level: warn}');
});

test('permission rules are checked as they are typed, tried on a command, and saved with the comments kept', async ({
  home,
  start,
  page,
}) => {
  const file = join(home.dir, 'agentrail.yaml');
  await writeFile(
    file,
    'permissions: # mine\n  deny:\n    - Bash(rm:*) # never\nagents:\n  writer:\n    name: Writer\n',
  );
  const complaints = complaintsOf(page);
  const program = await start();
  await signIn(page, program);
  await page.goto(`${program.consoleUrl}/settings?section=permissions`);
  const line = page.getByRole('textbox', { name: /^Try a command/ });
  await line.fill('ls; rm -rf build');
  await expect(page.getByText('The rule Bash(rm:*) forbids it.')).toBeVisible();
  await expect(page.getByText('denied', { exact: true })).toBeVisible();

  const next = page.getByRole('textbox', { name: 'New rule: Allow' });
  await next.fill('Bash(');
  await next.press('Enter');
  await expect(page.getByText(/Write a rule as Tool or Tool\(pattern\)/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Save rules' })).toBeDisabled();
  await expectAccessible(page, '#section-permissions');
  await page.getByRole('textbox', { name: 'Allow rule 1' }).fill('Bash(git log:*)');
  await line.fill('git log');
  await expect(page.getByText('Rules allow each of its parts.')).toBeVisible();
  await line.fill('git push');
  await expect(page.getByText('asks', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Save rules' }).press('Enter');
  await expect(page.getByRole('button', { name: 'Save rules' })).toHaveCount(0);
  const text = await readFile(file, 'utf8');
  expect(text).toContain('- Bash(rm:*) # never');
  expect(text).toContain('- Bash(git log:*)');

  await page.getByRole('combobox', { name: 'Whose rules' }).click();
  await page.getByRole('option', { name: 'Agent writer' }).click();
  const ask = page.getByRole('textbox', { name: 'New rule: Ask' });
  await ask.fill('Bash(git log:*)');
  await ask.press('Enter');
  await line.fill('git log');
  await expect(page.getByText('The rule Bash(git log:*) asks for it.')).toBeVisible();
  await page.getByRole('button', { name: 'Save rules' }).click();
  await expect.poll(() => readFile(file, 'utf8')).toContain('writer:\n    name: Writer\n    permissions:\n      ask:');
  expect(complaints).toEqual([]);
});

test('settings are found by words and by their address, and say what needs a restart before it is changed', async ({
  console: page,
  shared,
}) => {
  await page.goto(`${shared.consoleUrl}/settings?field=server.maxConcurrentRuns`);
  const runs = page.getByRole('textbox', { name: 'Runs at once' });
  await expect(runs).toBeFocused();
  await expect(runs).toBeInViewport();

  const search = page.getByRole('searchbox', { name: 'Search settings' });
  await page.keyboard.press('Control+f');
  await expect(search).toBeFocused();
  await search.fill('sandbox.memory');
  await expect(page.getByRole('textbox', { name: 'Memory' })).toBeVisible();
  await expect(runs).toHaveCount(0);
  await search.fill('zzzz');
  await expect(page.getByText('No setting goes by “zzzz”.')).toBeVisible();
  await search.fill('');

  await page.getByRole('textbox', { name: 'Host', exact: true }).fill('::1');
  await expect(page.getByText('After a restart of the server: Host.')).toBeVisible();
  await page.getByRole('button', { name: 'Discard' }).click();

  await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Shortcuts' }).click();
  await expect(page.getByText('Next fault in the settings file')).toBeInViewport();
  await expect(page.getByText('None is sent.')).toBeVisible();

  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search or run a command' }).fill('settings: perm');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/section=permissions$/);

  await page.getByRole('button', { name: 'Reduced', exact: true }).click();
  expect(await page.evaluate(() => document.documentElement.dataset.motion)).toBe('reduced');
  await page.getByRole('button', { name: '12-hour' }).click();
  await page.reload();
  await expect(page.getByRole('button', { name: '12-hour' })).toHaveAttribute('aria-pressed', 'true');
});

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ZipFile } from 'yazl';
import { expect, signIn, test } from '../support/console-test.ts';

const file = (name: string, text: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });

async function skillZip(name: string, words: string): Promise<{ name: string; mimeType: string; buffer: Buffer }> {
  const zip = new ZipFile();
  const head = `---\nname: ${name}\ndescription: Turns notes into minutes.\n---\n`;
  zip.addBuffer(Buffer.from(head + words), `${name}/SKILL.md`);
  zip.end();
  const buffer = Buffer.concat(await Array.fromAsync(zip.outputStream, (chunk) => Buffer.from(chunk)));
  return { name: `${name}.zip`, mimeType: 'application/zip', buffer };
}

test('a knowledge base is made, filled, searched, read and removed', async ({ start, page }) => {
  await signIn(page, await start());
  await page.getByRole('link', { name: 'Knowledge', exact: true }).click();
  await expect(page.getByText('No knowledge base yet.')).toBeVisible();
  await page.getByRole('button', { name: 'New knowledge base…' }).first().click();
  await page.getByLabel('Name', { exact: true }).fill('Handbook');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Handbook', level: 1 })).toBeVisible();

  await page
    .getByLabel('Add files…')
    .last()
    .setInputFiles([
      file('leave.txt', 'Everybody has thirty days of leave.'),
      file('travel.md', '# Travel\n\nBook trains early.'),
    ]);
  await expect(page.getByRole('table').getByRole('row')).toHaveCount(3, { timeout: 20_000 });

  await page.getByRole('button', { name: 'Add text…' }).click();
  await page.getByLabel('Name', { exact: true }).fill('rules.txt');
  await page.getByLabel('Text', { exact: true }).fill('Lock the door at night.');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByRole('table').getByRole('row')).toHaveCount(4, { timeout: 20_000 });

  // What cannot be read says why, and can be forgotten.
  await page
    .getByLabel('Add files…')
    .last()
    .setInputFiles([file('picture.xyz', '\u0000\u0001\u0002')]);
  await expect(page.getByRole('alert').or(page.getByText('1 failed'))).toBeVisible();

  await page.getByRole('searchbox', { name: 'What an agent would look for' }).fill('thirty days');
  await page.keyboard.press('Enter');
  const hit = page.getByRole('listitem').filter({ hasText: 'thirty days of leave' });
  await expect(hit).toBeVisible();
  await hit.getByRole('button').click();
  await expect(page.getByRole('dialog')).toContainText('Everybody has thirty days of leave.');
  await page.keyboard.press('Escape');

  await page
    .getByRole('row', { name: /travel/i })
    .getByRole('button', { name: /^Remove/ })
    .click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove document' }).click();
  await expect(page.getByRole('table').getByRole('row')).toHaveCount(3);
  await page.getByRole('button', { name: 'Remove…' }).click();
  await expect(page.getByRole('alertdialog')).toContainText('2 documents go for good');
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove knowledge base' }).click();
  await expect(page.getByText('No knowledge base yet.')).toBeVisible();
});

test('a skill is installed from a zip, read, switched off, replaced and removed', async ({ home, start, page }) => {
  await mkdir(join(home.dataDir, 'skills/half-made'), { recursive: true });
  await writeFile(join(home.dataDir, 'skills/half-made/readme.txt'), 'nothing');
  await signIn(page, await start());
  await page.getByRole('link', { name: 'Skills', exact: true }).click();
  await expect(page.getByText('This folder is no skill:')).toBeVisible();
  const chooser = page.getByLabel('Install from zip…').last();
  await chooser.setInputFiles(await skillZip('minutes', 'Read all notes first.'));
  await expect(page.getByText('minutes is installed and on.')).toBeVisible();
  await expect(page.getByRole('heading', { name: '1 skill, 1 on' })).toBeVisible();

  await page.getByRole('button', { name: 'Show minutes' }).click();
  await expect(page.getByRole('dialog')).toContainText('Read all notes first.');
  await page.keyboard.press('Escape');
  await page.getByRole('switch', { name: 'Use minutes' }).click();
  await expect(page.getByRole('heading', { name: '1 skill, 0 on' })).toBeVisible();

  await chooser.setInputFiles(await skillZip('minutes', 'Read half of the notes.'));
  await page.getByRole('alertdialog').getByRole('button', { name: 'Replace skill' }).click();
  await expect(page.getByText('minutes is installed and on.')).toBeVisible();
  await page.getByRole('button', { name: 'Show minutes' }).click();
  await expect(page.getByRole('dialog')).toContainText('Read half of the notes.');
  await page.keyboard.press('Escape');

  await chooser.setInputFiles(file('not-a-zip.zip', 'words'));
  await expect(page.getByRole('alert')).toBeVisible();
  await page.getByRole('button', { name: 'Remove minutes' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove skill' }).click();
  await expect(page.getByRole('alertdialog')).toHaveCount(0);
  await expect(page.getByRole('heading', { name: 'Skills', level: 1 })).toBeVisible();
});

test('the memory of a user is edited, kept from overwriting, cleared and switched off', async ({
  home,
  start,
  page,
}) => {
  const folder = join(home.dataDir, 'tenants/default/users/anna');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'USER.md'), '- Is called Anna\n');
  await signIn(page, await start());
  await page.getByRole('link', { name: 'Memory', exact: true }).click();
  const text = page.getByRole('textbox', { name: 'USER.md' });
  await expect(text).toHaveValue('- Is called Anna\n');
  await text.fill('- Is called Anna\n- Likes tea');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('button', { name: 'Discard' })).toHaveCount(0);
  await expect(text).toHaveValue('- Is called Anna\n- Likes tea\n');

  await text.fill('- My password is hunter2hunter2');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('alert')).toContainText('password');
  await text.fill('- Mine');
  await writeFile(join(folder, 'USER.md'), '- Edited elsewhere\n');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('changed while you were writing')).toBeVisible();
  await page.getByRole('button', { name: 'Show the new text' }).click();
  await expect(text).toHaveValue('- Edited elsewhere\n');

  await page.getByRole('button', { name: 'Clear…' }).click();
  await expect(page.getByRole('alertdialog')).toContainText('agentrail memory clear default/anna');
  await page.getByRole('alertdialog').getByRole('button', { name: 'Clear memory' }).click();
  await expect(text).toHaveValue('');
  await page.getByRole('switch', { name: 'Remember anna' }).click();
  await expect(page.getByText('Nothing new is remembered of this user')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Rebuild' })).toBeDisabled();
});

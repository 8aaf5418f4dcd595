import { once } from 'node:events';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ElectronApplication, Page } from '@playwright/test';
import { startConsole, writeConfig } from '../support/console-program.ts';
import { expect, openedView, pageAddress, test } from '../support/desktop-test.ts';

/** The window while the console is shut. */
async function recoveryView(desktop: ElectronApplication): Promise<Page> {
  const view = await desktop.firstWindow();
  await view.waitForURL(pageAddress);
  await expect(view.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(view.getByRole('button', { name: 'Quit' })).toBeVisible();
  return view;
}

const stateDir = (dir: string) => join(dir, 'config/agentrail-console');

test('a data directory that cannot be used is told in a window, with a way on once it can', async ({
  launch,
  home,
}) => {
  await rm(home.dataDir, { recursive: true });
  await writeFile(home.dataDir, 'a file where the folder should be');
  const view = await recoveryView(await launch());
  await expect(view.getByText('The data directory is a file, or lies below one.')).toBeVisible();
  await expect(view.getByText('data_dir_unwritable')).toBeVisible();
  await expect(view.getByText('There are no lines yet.')).toBeVisible();
  await view.getByRole('button', { name: 'Try again' }).click();
  await expect(view.getByText('data_dir_unwritable')).toBeVisible();
  await rename(home.dataDir, `${home.dataDir}.aside`);
  await view.getByRole('button', { name: 'Try again' }).click();
  await expect(view.getByRole('navigation', { name: 'Main' })).toBeVisible();
});

test('the plain page has no script and takes no other action than those that it offers', async ({ launch, home }) => {
  await rm(home.dataDir, { recursive: true });
  await writeFile(home.dataDir, '');
  const view = await recoveryView(await launch());
  const answers = await view.evaluate(async () => {
    const policy = (await fetch('/').catch(() => undefined))?.headers.get('content-security-policy');
    return { policy: policy ?? 'refused', scripts: document.scripts.length };
  });
  // Not even the page itself may ask anything.
  expect(answers).toEqual({ policy: 'refused', scripts: 0 });
  await view.evaluate(() => {
    const form = Object.assign(document.createElement('form'), { method: 'post', action: '/recovery/stop' });
    document.body.append(form);
    form.submit();
  });
  await expect(view.getByText('There is no such action.')).toBeVisible();
});

test('the last log lines are shown, and the logs are opened in the file manager', async ({ launch, home }) => {
  await mkdir(join(home.dataDir, 'logs'), { recursive: true });
  const line = {
    seq: 1,
    time: Date.UTC(2026, 0, 2),
    level: 'error',
    component: 'lifecycle',
    msg: 'The <b>disk</b> is gone.',
  };
  await writeFile(join(home.dataDir, 'logs/agentrail-2026-01-02.1.ndjson'), `${JSON.stringify(line)}\n`);
  await mkdir(stateDir(home.dir), { recursive: true });
  const now = Date.now();
  await writeFile(join(stateDir(home.dir), 'starts.json'), JSON.stringify([now - 3000, now - 2000, now - 1000]));
  const desktop = await launch();
  const view = await recoveryView(desktop);
  await expect(view.getByText('error lifecycle The <b>disk</b> is gone.')).toBeVisible();
  await desktop.evaluate(({ shell }) => {
    const paths: string[] = [];
    Object.assign(globalThis, { paths });
    shell.showItemInFolder = (path) => void paths.push(path);
  });
  await view.getByRole('button', { name: 'Open logs' }).click();
  const paths = () => desktop.evaluate(() => (globalThis as unknown as { paths: string[] }).paths);
  await expect.poll(paths).toEqual([join(home.dataDir, 'logs')]);
});

test('a program that stopped three times does not start a fourth by itself, and starts when asked', async ({
  launch,
  home,
}) => {
  await mkdir(stateDir(home.dir), { recursive: true });
  const now = Date.now();
  await writeFile(join(stateDir(home.dir), 'starts.json'), JSON.stringify([now - 2000, now - 1000]));
  const third = await launch();
  await openedView(third);
  const exited = once(third.process(), 'exit');
  third.process().kill('SIGKILL');
  await exited;
  const desktop = await launch();
  const view = await recoveryView(desktop);
  await expect(view.getByRole('heading', { name: 'stopped several times' })).toBeVisible();
  await view.getByRole('button', { name: 'Start', exact: true }).click();
  await expect(view.getByRole('navigation', { name: 'Main' })).toBeVisible();
  await desktop.close();
  await openedView(await launch());
});

test('safe mode loads no plugins and no MCP servers, and leaves the server stopped', async ({ launch, home }) => {
  const mark = join(home.dir, 'ran');
  await writeFile(
    join(home.dir, 'mark.mjs'),
    `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(mark)}, 'mcp');`,
  );
  await writeFile(
    join(home.dir, 'plugin.mjs'),
    `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(mark)}, 'plugin'); export default { name: 'p', version: '1' };`,
  );
  await writeConfig(home, {
    plugins: ['./plugin.mjs'],
    mcpServers: { mark: { command: process.execPath, args: [join(home.dir, 'mark.mjs')] } },
  });
  const desktop = await launch('--safe-mode');
  const view = await openedView(desktop);
  await expect(view.getByText('Safe mode', { exact: false }).first()).toBeVisible();
  await view.getByRole('button', { name: 'Start', exact: true }).click();
  await expect(view.getByRole('button', { name: 'Restart…' })).toBeVisible({ timeout: 30_000 });
  await expect(readFile(mark, 'utf8')).rejects.toThrow('ENOENT');
  await desktop.close();
  const whole = await openedView(await launch());
  await expect(whole.getByRole('button', { name: 'Restart…' })).toBeVisible({ timeout: 30_000 });
  expect(await readFile(mark, 'utf8')).toMatch(/plugin|mcp/);
});

test('a leftover console that holds the data directory is found, and stopped when asked', async ({ launch, home }) => {
  const leftover = await startConsole(home);
  const desktop = await launch();
  const view = await recoveryView(desktop);
  await expect(view.getByText('data_dir_locked')).toBeVisible();
  await view.getByRole('button', { name: /Stop process \d+ and start/ }).click();
  await expect(view.getByRole('navigation', { name: 'Main' })).toBeVisible({ timeout: 30_000 });
  const lock = JSON.parse(await readFile(join(home.dataDir, 'lock'), 'utf8')) as { instanceId: string };
  expect(lock.instanceId).not.toBe(leftover.instanceId);
  // In order, by being asked.
  expect(leftover.output()).toContain('Stopped.');
});

test('one of another machine cannot be stopped from here', async ({ launch, home }) => {
  const owner = { pid: 1, startTime: 'x', host: 'elsewhere.example', instanceId: 'inst-1', acquiredAt: Date.now() };
  await writeFile(join(home.dataDir, 'lock'), JSON.stringify(owner));
  const view = await recoveryView(await launch());
  await expect(view.getByText('elsewhere.example')).toBeVisible();
  await expect(view.getByRole('button', { name: 'Try again' })).toBeVisible();
  await expect(view.getByRole('button', { name: 'Stop process' })).toHaveCount(0);
});

const phase = (desktop: ElectronApplication) =>
  desktop.evaluate(() => (globalThis as unknown as { standInTrays: { toolTip: string }[] }).standInTrays[0]?.toolTip);

/** Counts the documents that the window loads from now on. */
const countLoads = (desktop: ElectronApplication) =>
  desktop.evaluate(({ BrowserWindow }) => {
    const loads = { count: 0 };
    Object.assign(globalThis, { loads });
    BrowserWindow.getAllWindows()[0]?.webContents.on('did-finish-load', () => {
      loads.count += 1;
    });
  });
const loads = (desktop: ElectronApplication) =>
  desktop.evaluate(() => (globalThis as unknown as { loads: { count: number } }).loads.count);

test('a page that crashes comes back, and the server goes on', async ({ launch }) => {
  const desktop = await launch();
  const view = await openedView(desktop);
  await expect.poll(() => phase(desktop)).toContain('Server is ready');
  await countLoads(desktop);
  const cdp = await view.context().newCDPSession(view);
  const crashed = view.waitForEvent('crash');
  // Never answered: whoever would answer is gone.
  cdp.send('Page.crash').catch(() => undefined);
  await crashed;
  await expect.poll(() => loads(desktop)).toBe(1);
  expect(await phase(desktop)).toContain('Server is ready');
});

test('a page that does not respond is waited for or loaded again, as the person says', async ({ launch }) => {
  const desktop = await launch();
  await openedView(desktop);
  const hang = (response: number) =>
    desktop.evaluate(({ BrowserWindow, dialog }, button) => {
      const asked: string[] = [];
      Object.assign(globalThis, { asked });
      dialog.showMessageBox = (async (...given: { message?: string }[]) => {
        asked.push(given.at(-1)?.message ?? '');
        return { response: button, checkboxChecked: false };
      }) as never;
      BrowserWindow.getAllWindows()[0]?.emit('unresponsive');
    }, response);
  const asked = () => desktop.evaluate(() => (globalThis as unknown as { asked: string[] }).asked);
  await countLoads(desktop);
  await hang(1);
  await expect.poll(asked).toEqual(['The window does not respond']);
  expect(await loads(desktop)).toBe(0);
  await hang(0);
  await expect.poll(() => loads(desktop)).toBe(1);
});

test('a page that keeps crashing is set aside while the server goes on', async ({ launch }) => {
  const desktop = await launch();
  const view = await openedView(desktop);
  await expect.poll(() => phase(desktop)).toContain('Server is ready');
  for (let count = 0; count < 3; count++) {
    const loaded = view.waitForEvent('load');
    await desktop.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents;
      contents?.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 5 });
    });
    await loaded;
  }
  await expect(view.getByText('The server goes on.')).toBeVisible();
  expect(await phase(desktop)).toContain('Server is ready');
  await view.getByRole('button', { name: 'Load the window again' }).click();
  await expect(view.getByRole('navigation', { name: 'Main' })).toBeVisible();
});

test('a folder that lost its rights is repaired', async ({ launch, home }) => {
  await mkdir(join(home.dataDir, 'logs'), { recursive: true });
  await chmod(join(home.dataDir, 'logs'), 0o500);
  await mkdir(stateDir(home.dir), { recursive: true });
  const now = Date.now();
  await writeFile(join(stateDir(home.dir), 'starts.json'), JSON.stringify([now - 3, now - 2, now - 1]));
  const view = await recoveryView(await launch());
  await view.getByRole('button', { name: 'Repair' }).click();
  await expect(view.getByRole('status')).toContainText(join(home.dataDir, 'logs'));
  await view.getByRole('button', { name: 'Repair' }).click();
  await expect(view.getByRole('status')).toContainText('nothing to repair');
});

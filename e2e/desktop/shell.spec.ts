import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ElectronApplication } from '@playwright/test';
import { expect, openedView, test } from '../support/desktop-test.ts';
import type { TempHome } from '../support/temp-home.ts';

const root = join(import.meta.dirname, '../..');

interface TrayItem {
  id: string;
  label: string;
  enabled: boolean;
}

/** What a person sees in the tray. */
function tray(desktop: ElectronApplication): Promise<{ toolTip: string; icon: string; items: TrayItem[] }> {
  return desktop.evaluate(() => {
    const [icon] = (
      globalThis as unknown as { standInTrays: { toolTip: string; image: string; menu: { items: TrayItem[] } }[] }
    ).standInTrays;
    const items = icon?.menu.items.filter(({ id }) => id) ?? [];
    return {
      toolTip: icon?.toolTip ?? '',
      icon: icon?.image.split('/').at(-1) ?? '',
      items: items.map(({ id, label, enabled }) => ({ id, label, enabled })),
    };
  });
}

function clickTray(desktop: ElectronApplication, id: string): Promise<void> {
  return desktop.evaluate((_electron, wanted) => {
    const [icon] = (
      globalThis as unknown as {
        standInTrays: { menu: { getMenuItemById(id: string): { click(): void } | null } }[];
      }
    ).standInTrays;
    icon?.menu.getMenuItemById(wanted)?.click();
  }, id);
}

const isVisible = (desktop: ElectronApplication) =>
  desktop.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isVisible());

const closeWindow = (desktop: ElectronApplication) =>
  desktop.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());

/** Answers every question of the program with this button, and counts them. */
function answerQuestions(desktop: ElectronApplication, response: number): Promise<void> {
  return desktop.evaluate(({ dialog }, button) => {
    const asked: string[] = [];
    Object.assign(globalThis, { asked });
    dialog.showMessageBox = (async (...given: { message?: string }[]) => {
      asked.push(given.at(-1)?.message ?? '');
      return { response: button, checkboxChecked: false };
    }) as never;
  }, response);
}
const asked = (desktop: ElectronApplication) =>
  desktop.evaluate(() => (globalThis as unknown as { asked: string[] }).asked);

/** A second start of the program, with these arguments: hands over and ends. */
async function startAgain(desktop: ElectronApplication, home: TempHome, ...args: string[]): Promise<void> {
  const executable = await desktop.evaluate(() => process.argv[0] ?? '');
  const second = spawn(executable, ['--no-sandbox', root, '--data-dir', home.dataDir, ...args], {
    env: { ...home.env, PATH: process.env.PATH },
    stdio: 'ignore',
  });
  expect(await once(second, 'exit')).toEqual([0, null]);
}

test('the tray tells the state by word and icon, restarts the server and leads to the window', async ({
  desktop,
  view,
}) => {
  await expect.poll(async () => (await tray(desktop)).toolTip).toContain('Server is ready');
  const { icon, items } = await tray(desktop);
  expect(icon).toMatch(/^(ready|attention)\.png$/);
  expect(items.map(({ id }) => id)).toEqual(['status', 'open', 'restart', 'troubleshoot', 'quit']);
  expect(items[0]).toMatchObject({ label: expect.stringContaining('Server is ready'), enabled: false });
  await clickTray(desktop, 'troubleshoot');
  await expect(view).toHaveURL(/\/health$/);
  await view.getByRole('link', { name: 'Overview' }).click();
  await view.getByRole('button', { name: 'Stop…' }).click();
  await view.locator('[role$=dialog]').getByRole('button', { name: 'Stop' }).click();
  await expect.poll(async () => (await tray(desktop)).toolTip).toContain('Server is stopped');
  expect((await tray(desktop)).icon).toBe('idle.png');
  expect((await tray(desktop)).items[2]).toMatchObject({ label: 'Start server', enabled: true });
  await clickTray(desktop, 'restart');
  await expect.poll(async () => (await tray(desktop)).toolTip).toContain('Server is ready');
  await view.evaluate(() => window.native?.setMenuLanguage('zh-CN'));
  expect((await tray(desktop)).items.at(-1)?.label).toBe('退出');
  await view.evaluate(() => window.native?.setMenuLanguage('en'));
});

test('closing the window asks once, keeps the choice, and Settings changes it', async ({ launch, home }) => {
  const desktop = await launch();
  const view = await openedView(desktop);
  await answerQuestions(desktop, 2);
  await closeWindow(desktop);
  await expect.poll(() => asked(desktop)).toHaveLength(1);
  expect(await isVisible(desktop)).toBe(true);

  await answerQuestions(desktop, 0);
  await closeWindow(desktop);
  await expect.poll(() => isVisible(desktop)).toBe(false);
  await clickTray(desktop, 'open');
  expect(await isVisible(desktop)).toBe(true);
  await closeWindow(desktop);
  await expect.poll(() => isVisible(desktop)).toBe(false);
  expect(await asked(desktop)).toEqual(['Keep Agentrail running when the window closes?']);
  await startAgain(desktop, home);
  await expect.poll(() => isVisible(desktop)).toBe(true);

  await view.getByRole('link', { name: 'Settings' }).click();
  const choice = view.getByRole('group', { name: 'When the window closes' });
  const button = (name: string) => choice.getByRole('button', { name });
  await expect(button('Keep running')).toHaveAttribute('aria-pressed', 'true');
  await button('Quit').click();
  await expect(button('Quit')).toHaveAttribute('aria-pressed', 'true');
  const exited = once(desktop.process(), 'exit');
  await closeWindow(desktop);
  expect(await exited).toEqual([0, null]);
});

test('start at login is off until it is chosen in Settings', async ({ launch, home }) => {
  const file = join(home.dir, 'config/autostart/agentrail-console.desktop');
  const view = await openedView(await launch());
  await view.getByRole('link', { name: 'Settings' }).click();
  const atLogin = view.getByRole('switch', { name: 'Start at login' });
  await expect(atLogin).not.toBeChecked();
  await expect(readFile(file)).rejects.toThrow('ENOENT');
  await atLogin.click();
  await expect(atLogin).toBeChecked();
  expect(await readFile(file, 'utf8')).toMatch(/^Exec=.*"--hidden"$/m);
  await atLogin.click();
  await expect(atLogin).not.toBeChecked();
  await expect(readFile(file)).rejects.toThrow('ENOENT');
});

test('a start at login shows no window; the tray brings it', async ({ launch }) => {
  const desktop = await launch('--hidden');
  await expect.poll(async () => (await tray(desktop)).toolTip, { timeout: 20_000 }).toContain('Server is ready');
  expect(desktop.windows()).toHaveLength(0);
  await clickTray(desktop, 'open');
  await openedView(desktop);
});

test('links lead to known pages, from a first start and from a second one, and nowhere else', async ({
  launch,
  home,
}) => {
  const desktop = await launch('agentrail://logs');
  const view = await openedView(desktop);
  await expect(view).toHaveURL(/\/logs$/);
  await startAgain(desktop, home, 'agentrail://session/s-1');
  await expect(view).toHaveURL(/\/playground\/s-1$/);
  await startAgain(desktop, home, 'agentrail://session/../../secrets');
  await startAgain(desktop, home, 'agentrail://secrets?x=1', '--safe-mode');
  await startAgain(desktop, home, 'agentrail://settings/');
  await expect(view).toHaveURL(/\/settings$/);
  await startAgain(desktop, home, 'agentrail://first-run');
  await expect(view).toHaveURL(/\/first-run$/);
  await desktop.evaluate(
    ({ app }) => void app.emit('open-url', { preventDefault: () => undefined }, 'agentrail://data'),
  );
  await expect(view).toHaveURL(/\/data$/);
});

test('sleep and waking reach the server', async ({ desktop, view }) => {
  await desktop.evaluate(({ powerMonitor }) => void powerMonitor.emit('suspend'));
  await desktop.evaluate(({ powerMonitor }) => void powerMonitor.emit('resume'));
  await view.getByRole('link', { name: 'Logs' }).click();
  await expect(view.getByText('The machine goes to sleep.').first()).toBeVisible();
  await expect(view.getByText('The machine woke up.').first()).toBeVisible();
});

test('a notification leads to its page by click and by button', async ({ desktop, view }) => {
  interface Shown {
    emit(name: string, ...given: unknown[]): void;
  }
  await view.evaluate(() => window.native?.notify({ title: 'Backup made', body: '', path: '/data' }));
  await view.evaluate(() => window.native?.notify({ title: 'Line', body: '', path: '/logs' }));
  const act = (index: number, name: string) =>
    desktop.evaluate(
      (_electron, [at, event]) => {
        const { standInNotifications: shown } = globalThis as unknown as { standInNotifications: Shown[] };
        shown[at as number]?.emit(event as string, {});
      },
      [index, name] as const,
    );
  await act(0, 'click');
  await expect(view).toHaveURL(/\/data$/);
  await act(1, 'action');
  await expect(view).toHaveURL(/\/logs$/);
});

test('a run that asks is told while the window is not in front', async ({ desktop, view }) => {
  await desktop.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide());
  await view.getByRole('link', { name: 'Playground', exact: true }).click();
  await view.getByRole('textbox', { name: 'Message' }).fill('Ask me something');
  await view.keyboard.press('Enter');
  const titles = () =>
    desktop.evaluate(() =>
      (globalThis as unknown as { standInCalls: { api: string; given: { title: string }[] }[] }).standInCalls
        .filter(({ api }) => api === 'Notification.show')
        .map(({ given }) => given[0]?.title),
    );
  await expect.poll(titles).toContain('A run waits for your answer');
});

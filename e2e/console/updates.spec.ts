import type { Page } from '@playwright/test';
import type { UpdateState } from '../../electron/native/contract.ts';
import { expect, test } from '../support/console-test.ts';

/** What the desktop program would tell the page; here it is told by the test, since no packed program runs in a browser. */
async function openSettings(page: Page, first: UpdateState): Promise<void> {
  await page.addInitScript((state) => {
    const asked: string[] = [];
    const listeners = new Set<(next: unknown) => void>();
    Object.assign(window, {
      asked,
      tellUpdate: (next: unknown) => listeners.forEach((listener) => void listener(next)),
    });
    const quiet = () => () => undefined;
    const native = {
      platform: 'linux',
      appInfo: async () => ({
        name: 'a',
        version: '1.0.0',
        electron: '45',
        chrome: '156',
        node: '24',
        isSafeMode: false,
      }),
      startup: async () => ({ atLogin: 'off', onClose: 'ask', canCloseToTray: true, notifications: false }),
      changeStartup: async () => ({ atLogin: 'off', onClose: 'ask', canCloseToTray: true, notifications: true }),
      updates: async () => state,
      update: async (action: string) => {
        asked.push(action);
        return state;
      },
      onUpdate: (listener: (next: unknown) => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
    const rest = (_: object, name: string) => (name.startsWith('on') ? quiet : async () => undefined);
    const whole = new Proxy(native, { get: (target, name: string) => Reflect.get(target, name) ?? rest(target, name) });
    Object.assign(window, { native: whole });
  }, first);
  await page.goto(new URL('/settings', page.url()).href);
  await expect(page.getByRole('heading', { name: 'Updates' })).toBeVisible();
}

const tell = (page: Page, state: UpdateState) =>
  page.evaluate((next) => (window as unknown as { tellUpdate(next: unknown): void }).tellUpdate(next), state);
const asked = (page: Page) => page.evaluate(() => (window as unknown as { asked: string[] }).asked);

const base = { version: '1.0.0', isAutomatic: true, checkedAt: Date.UTC(2026, 0, 3) };
const found = { ...base, latest: '1.1.0', notes: 'Faster lists.\n<b>Not bold</b>', releasedAt: Date.UTC(2026, 0, 2) };

test('a newer version is shown with its notes as text, and each choice is handed on', async ({ console: page }) => {
  await openSettings(page, { ...found, phase: 'available' });
  await expect(page.getByText('Version 1.1.0 is there')).toBeVisible();
  await expect(page.getByRole('group', { name: 'What is new in 1.1.0' })).toContainText('<b>Not bold</b>');
  for (const name of ['Later', 'Skip this version', 'Download'])
    await page.getByRole('button', { name, exact: true }).click();
  await page.getByRole('switch', { name: 'Look for new versions' }).click();
  await expect.poll(() => asked(page)).toEqual(['later', 'skip', 'download', 'automatic_off']);
});

test('the way to a newer version is shown step by step', async ({ console: page }) => {
  await openSettings(page, {
    ...found,
    phase: 'downloading',
    receivedBytes: 30 * 1024 ** 2,
    totalBytes: 120 * 1024 ** 2,
  });
  await expect(page.getByText('30 MB of 120 MB')).toBeVisible();
  await expect(page.getByRole('progressbar', { name: 'Download' })).toHaveAttribute('aria-valuenow', '25');
  await tell(page, { ...found, phase: 'waiting', runs: ['Tidy up'] });
  await expect(page.getByText('once this run ends: Tidy up')).toBeVisible();
  await tell(page, { ...found, phase: 'backing_up' });
  await expect(page.getByText('backed up before anything is replaced')).toBeVisible();
  await tell(page, { ...found, phase: 'ready' });
  await page.getByRole('button', { name: 'Install and restart' }).click();
  await expect.poll(() => asked(page)).toEqual(['install']);
  const problem = { step: 'download', code: 'not_genuine', detail: 'sha512 checksum mismatch' } as const;
  await tell(page, { ...found, phase: 'failed', problem });
  await expect(page.getByText('The file is not the one that was announced')).toBeVisible();
});

test('a skipped version is offered quietly, and a build without an address says how it is updated', async ({
  console: page,
}) => {
  await openSettings(page, { ...found, phase: 'available', skipped: '1.1.0' });
  await expect(page.getByText('Version 1.1.0 is skipped')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Download' })).toHaveCount(0);
  await tell(page, { ...base, phase: 'unavailable', reason: 'no_address' });
  await expect(page.getByText('Install a newer package over it')).toBeVisible();
});

test('a browser says how its server is updated, and shows the licences of all that is inside', async ({
  console: page,
}) => {
  await page.goto(new URL('/settings', page.url()).href);
  await expect(page.getByText('A console in a browser comes with its server.')).toBeVisible();
  await page.getByRole('button', { name: 'Licences' }).click();
  const dialog = page.getByRole('dialog', { name: 'Licences' });
  await dialog.getByRole('searchbox', { name: 'Package or licence' }).fill('react-dom');
  await dialog.getByText('react-dom', { exact: false }).first().click();
  await expect(dialog.getByText('Permission is hereby granted').first()).toBeVisible();
});

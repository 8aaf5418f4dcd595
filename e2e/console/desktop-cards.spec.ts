import type { Page } from '@playwright/test';
import { accessibilityFaults } from '../support/accessibility-faults.ts';
import { expect, test } from '../support/console-test.ts';
import { settled } from '../support/settled.ts';

/** As the desktop program would answer; here by the test, since axe needs a page of its own. */
async function actAsDesktop(page: Page, adoptedPid?: number): Promise<void> {
  await page.addInitScript((pid) => {
    const update = {
      ...{ phase: 'available', version: '1.0.0', latest: '1.1.0', notes: 'Faster lists.', isAutomatic: true },
      ...{ checkedAt: Date.UTC(2026, 0, 3), releasedAt: Date.UTC(2026, 0, 2) },
    };
    const info = { name: 'Agentrail Console', version: '1.0.0', electron: '45', chrome: '156', node: '24' };
    const native = {
      platform: 'linux',
      appInfo: async () => ({ ...info, isPackaged: true, isSafeMode: false, adoptedPid: pid }),
      startup: async () => ({ atLogin: 'off', onClose: 'ask', canCloseToTray: true, notifications: true }),
      updates: async () => update,
      takeOver: async () => {
        throw new Error('Process 4711 belongs to another user. Ask that user to stop it.');
      },
    };
    const rest = (name: string) => (name.startsWith('on') ? () => () => undefined : async () => undefined);
    const whole = new Proxy(native, { get: (target, name: string) => Reflect.get(target, name) ?? rest(name) });
    Object.assign(window, { native: whole });
  }, adoptedPid);
}

async function expectNoFaults(page: Page, what: string): Promise<void> {
  await settled(page);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    expect.soft(await accessibilityFaults(page), `${what} in ${colorScheme}`).toEqual([]);
  }
}

test('the cards about start, updates and this program have no accessibility faults, nor has the list of licences', async ({
  console: page,
  shared,
}) => {
  await actAsDesktop(page);
  await page.goto(`${shared.consoleUrl}/settings`);
  await expect(page.getByRole('switch', { name: 'Start at login' })).toBeVisible();
  await expect(page.getByText('Version 1.1.0 is there')).toBeVisible();
  await expectNoFaults(page, 'the cards');
  await page.getByRole('button', { name: 'Licences', exact: false }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await expectNoFaults(page, 'the licences');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('the line about another program’s server has no accessibility faults, and says why that was not stopped', async ({
  console: page,
  shared,
}) => {
  await actAsDesktop(page, 4711);
  await page.goto(shared.consoleUrl);
  await expect(page.getByText('This is the server of process 4711.', { exact: false })).toBeVisible();
  await expectNoFaults(page, 'the line');
  await page.getByRole('button', { name: 'Stop it, start here…' }).press('Enter');
  await expectNoFaults(page, 'the question');
  await page.getByRole('button', { name: 'Stop and start here' }).click();
  await expect(page.getByRole('alert')).toContainText('Ask that user to stop it.');
  await page.keyboard.press('Escape');
  await expect(page.getByText('This is the server of process 4711.', { exact: false })).toBeVisible();
});

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLoginItem, entryFor } from './login-item.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agentrail-login-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function prepare(platform: NodeJS.Platform, isPackaged = true) {
  let openAtLogin = false;
  const app = {
    isPackaged,
    getLoginItemSettings: vi.fn(() => ({ openAtLogin }) as never),
    setLoginItemSettings: vi.fn((settings: { openAtLogin?: boolean }) => {
      openAtLogin = settings.openAtLogin === true;
    }),
  };
  const file = join(folder, 'autostart/agentrail-console.desktop');
  const command = ['/opt/Agentrail Console/agentrail', '/srv/app'];
  return { app, file, item: createLoginItem({ app, platform, command, autostartFile: file }) };
}

describe('on Linux', () => {
  test('nothing is started at login until it is chosen, and nothing any more when it is taken back', () => {
    const { item, file, app } = prepare('linux');
    expect(item.state()).toBe('off');
    item.set(true);
    expect(item.state()).toBe('on');
    expect(readFileSync(file, 'utf8')).toContain('Exec="/opt/Agentrail Console/agentrail" "/srv/app" "--hidden"\n');
    item.set(false);
    expect(item.state()).toBe('off');
    expect(existsSync(file)).toBe(false);
    item.set(false);
    expect(app.setLoginItemSettings).not.toHaveBeenCalled();
  });

  test.each(['Hidden=true', 'X-GNOME-Autostart-enabled=false'])(
    'an entry that the desktop turned off by %s is off',
    (line) => {
      const { item, file } = prepare('linux');
      item.set(true);
      writeFileSync(file, `${readFileSync(file, 'utf8')}${line}\n`);
      expect(item.state()).toBe('off');
    },
  );

  test('names with special characters stay names', () => {
    expect(entryFor(['/a b/$(x)`"\\%f'])).toContain('Exec="/a b/\\\\$(x)\\\\`\\\\"\\\\\\\\%%f"\n');
    expect(() => entryFor(['/a\nHidden=true'])).toThrow('line break');
  });
});

test('on Windows the same path and arguments are set and asked for', () => {
  const { item, app } = prepare('win32');
  item.set(true);
  const asked = { path: '/opt/Agentrail Console/agentrail', args: ['/srv/app', '--hidden'] };
  expect(app.setLoginItemSettings).toHaveBeenCalledWith({ openAtLogin: true, ...asked });
  expect(item.state()).toBe('on');
  expect(app.getLoginItemSettings).toHaveBeenCalledWith(asked);
});

test('on a Mac a packed program asks the system, and one from source says that it cannot', () => {
  const packed = prepare('darwin');
  packed.item.set(true);
  expect(packed.app.setLoginItemSettings).toHaveBeenCalledWith({ openAtLogin: true });
  const source = prepare('darwin', false);
  expect(source.item.state()).toBe('unavailable');
  expect(() => source.item.set(true)).toThrow('from source');
});

import { expect, type Locator, type Page } from '@playwright/test';
import { en } from '../../renderer/i18n/en/index.ts';
import { toPseudo } from '../../renderer/i18n/pseudo.ts';
import { zhCn } from '../../renderer/i18n/zh-cn/index.ts';

export const pagePaths = [
  '/',
  '/playground',
  '/sessions',
  '/sandboxes',
  '/logs',
  '/knowledge',
  '/skills',
  '/memory',
  '/health',
  '/health/doctor',
  '/health/bundle',
  '/secrets',
  '/data',
  '/readiness',
  '/deploy',
  '/settings',
  '/first-run',
  '/nowhere',
] as const;

export type ShownLanguage = 'en' | 'zh-CN' | 'en-XA';

/** The words behind a key, in a language. */
export function wordsOf(language: ShownLanguage, key: string): string {
  let found: unknown = language === 'zh-CN' ? zhCn : en;
  for (const part of key.split('.')) found = (found as Record<string, unknown> | undefined)?.[part];
  if (typeof found !== 'string') throw new Error(`There are no words for ${key}.`);
  return language === 'en-XA' ? toPseudo(found) : found;
}

/** What opens over a page. `button`: the key of the words on what opens it; else the address or the keys do. */
export interface Opening {
  name: string;
  path: string;
  button?: string;
  keys?: string;
}

export const openings: readonly Opening[] = [
  { name: 'palette', path: '/', keys: 'Control+k' },
  { name: 'shortcuts', path: '/', keys: 'F1' },
  { name: 'stop', path: '/?ask=stop' },
  { name: 'restart', path: '/?ask=restart' },
  { name: 'images', path: '/sandboxes?panel=images' },
  { name: 'engine', path: '/sandboxes?panel=engine' },
  { name: 'clean-up', path: '/sandboxes?panel=clean-up' },
  { name: 'set-secret', path: '/secrets', button: 'secrets.set' },
  { name: 'add-secret', path: '/secrets', button: 'secrets.add' },
  { name: 'import-env', path: '/secrets', button: 'secretCare.import.open' },
  { name: 'generate-token', path: '/secrets', button: 'secrets.generate' },
  { name: 'new-token', path: '/secrets', button: 'secretCare.tokens.make' },
  { name: 'vault-key', path: '/secrets', button: 'secretCare.vault.change' },
  { name: 'make-backup', path: '/data', button: 'data.backup.now' },
  { name: 'move-data', path: '/data', button: 'data.place.move' },
  { name: 'add-mcp', path: '/settings', button: 'mcp.add' },
  { name: 'more-filters', path: '/logs', button: 'logs.more' },
  { name: 'saved-searches', path: '/logs', button: 'logs.saved' },
  { name: 'notices', path: '/', button: 'notices.bell' },
];

/** Opens it on its page, which is shown already. */
export async function openOver(page: Page, { button, keys }: Opening, language: ShownLanguage): Promise<Locator> {
  if (keys !== undefined) await page.keyboard.press(keys);
  if (button !== undefined)
    await page
      .getByRole('button', { name: wordsOf(language, button) })
      .first()
      .click();
  const over = page.locator('[role=dialog], [role=alertdialog], [role=menu]').last();
  await expect(over).toBeVisible();
  return over;
}

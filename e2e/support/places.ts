import { expect, type Locator, type Page } from '@playwright/test';
import { en } from '../../renderer/i18n/en/index.ts';
import { toPseudo } from '../../renderer/i18n/pseudo.ts';
import { zhCn } from '../../renderer/i18n/zh-cn/index.ts';
import { keptSession } from './kept-content.ts';
import { settled } from './settled.ts';

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

/** What opens over a page: by a button, by keys, or by its address alone. */
export interface Opening {
  name: string;
  path: string;
  /** The key of the words on the button. */
  button?: string;
  /** The same of what is taken from the menu that the button opens. */
  item?: string;
  keys?: string;
  /** The page behind stays in use, so Tab may leave it. */
  isLoose?: boolean;
}

export const openings: readonly Opening[] = [
  { name: 'palette', path: '/', keys: 'Control+k' },
  { name: 'shortcuts', path: '/', keys: 'F1' },
  { name: 'stop', path: '/?ask=stop' },
  { name: 'restart', path: '/?ask=restart' },
  { name: 'notices', path: '/', button: 'notices.bell', isLoose: true },
  { name: 'costs', path: '/sessions', button: 'sessions.cost.open' },
  { name: 'images', path: '/sandboxes?panel=images' },
  { name: 'engine', path: '/sandboxes?panel=engine' },
  { name: 'clean-up', path: '/sandboxes?panel=clean-up' },
  { name: 'more-filters', path: '/logs', button: 'logs.more', isLoose: true },
  { name: 'saved-searches', path: '/logs', button: 'logs.saved', isLoose: true },
  { name: 'new-knowledge-base', path: '/knowledge', button: 'knowledge.new' },
  { name: 'set-secret', path: '/secrets', button: 'secrets.set' },
  { name: 'add-secret', path: '/secrets', button: 'secrets.add' },
  { name: 'import-env', path: '/secrets', button: 'secretCare.import.open' },
  { name: 'generate-token', path: '/secrets', button: 'secrets.generate' },
  { name: 'new-token', path: '/secrets', button: 'secretCare.tokens.make' },
  { name: 'vault-key', path: '/secrets', button: 'secretCare.vault.change' },
  { name: 'make-backup', path: '/data', button: 'data.backup.now' },
  { name: 'schedule-backups', path: '/data', button: 'data.schedule.open' },
  { name: 'move-data', path: '/data', button: 'data.place.move' },
  { name: 'factory-reset', path: '/data', button: 'data.reset.ask' },
  { name: 'add-mcp', path: '/settings', button: 'mcp.add' },
];

/** Loads a page, whatever was there before; the pointer lies over nothing. */
export async function visit(page: Page, path: string): Promise<void> {
  await page.mouse.move(0, 0);
  await page.goto(path);
  await settled(page);
}

const session = `/sessions/${keptSession.tenantId}/${keptSession.userId}/${keptSession.sessionId}`;

/** What opens only over what `leaveContent` leaves. */
export const contentOpenings: readonly Opening[] = [
  { name: 'waive', path: '/readiness', button: 'readiness.more', item: 'readiness.waive' },
  { name: 'fork', path: session, button: 'common.more', item: 'sessions.fork.open' },
  { name: 'delete-session', path: session, button: 'common.more', item: 'sessions.delete' },
  { name: 'restore', path: '/data', button: 'data.backup.restore' },
  { name: 'remove-backup', path: '/data', button: 'data.backup.remove' },
];

/** The first that carries the words; where they have gaps, their longest part. */
export function byWords(page: Page, role: 'button' | 'menuitem', language: ShownLanguage, key: string): Locator {
  const parts = wordsOf(language, key).split(/{{[^}]*}}/);
  const name = parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '');
  return page.getByRole(role, { name: name.trim() }).first();
}

/** What is open over the page; of several, the last. */
export function overlay(page: Page): Locator {
  return page.locator('[role=dialog], [role=alertdialog], [role=menu]').last();
}

/** Opens it on its page, which is shown already. */
export async function openOver(page: Page, { button, item, keys }: Opening, language: ShownLanguage): Promise<Locator> {
  if (keys !== undefined) await page.keyboard.press(keys);
  if (button !== undefined) await byWords(page, 'button', language, button).click();
  if (item !== undefined) {
    await byWords(page, 'menuitem', language, item).click();
    await expect(page.getByRole('menu')).toHaveCount(0);
  }
  const over = overlay(page);
  await expect(over).toBeVisible();
  return over;
}

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { drawn } from './settled.ts';

interface LookedAt {
  /** Selector of the part that is looked at; the whole page without one. */
  part?: string;
  /** Rules that do not hold there. */
  ignored?: string[];
}

/** What axe finds, one line per rule. Waits for colours and dialogs that are still on their way. */
export async function accessibilityFaults(page: Page, { part, ignored = [] }: LookedAt = {}): Promise<string[]> {
  await drawn(page);
  const builder = new AxeBuilder({ page }).disableRules(ignored);
  if (part !== undefined) builder.include(part);
  const { violations } = await builder.analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
}

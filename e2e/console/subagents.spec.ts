import type { Page } from '@playwright/test';
import type { MockReply, MockScript } from '../../server/agent/testing/mock-upstream.ts';
import { accessibilityFaults } from '../support/accessibility-faults.ts';
import { configureModel, expect, setKey, signIn, test } from '../support/console-test.ts';

const call = (name: string, args: Record<string, unknown> = {}): MockReply => ({
  blocks: [{ type: 'toolCall', name, args }],
});
const say = (text: string): MockReply => ({ blocks: [{ type: 'text', text }] });

/** A lead that hands a question to "ada", who wants to read a page first. */
const script: MockScript = ({ body }) => {
  const heard = JSON.stringify(body);
  const turn = heard.split('"tool_use"').length - 1;
  if (heard.includes('You are the sub-agent')) {
    return turn === 0 ? call('WebFetch', { url: 'https://example.com/' }) : say('Herons weigh 2 kg.');
  }
  const lead = [call('SpawnAgent', { name: 'ada', task: 'How heavy are herons?' }), call('WaitForAgents')];
  return lead[turn] ?? say('They weigh 2 kg.');
};

async function faultsOf(page: Page): Promise<string[]> {
  return accessibilityFaults(page);
}

test('a sub-agent shows what it does, asks on its card, and is seen in the trace', async ({
  home,
  start,
  upstream,
  page,
}) => {
  await configureModel(home, await upstream(script));
  const program = await start();
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await signIn(page, program);
  await setKey(page);
  await page.getByRole('link', { name: 'Playground', exact: true }).click();
  await page.getByRole('textbox', { name: 'Message' }).fill('How heavy are herons?');
  await page.keyboard.press('Enter');

  const card = page.getByRole('region', { name: 'Sub-agent ada' });
  await expect(card).toContainText('waits');
  await expect(card).toContainText('May the sub-agent ada use WebFetch?');
  expect(await faultsOf(page)).toEqual([]);
  await card.getByRole('button', { name: 'Reject' }).click();
  await expect(page.getByText('Done', { exact: true })).toBeVisible();
  await expect(card).toContainText(/answered|closed/);
  await expect(card).toContainText('tokens');
  await expect(card.getByRole('button', { name: 'Reject' })).toHaveCount(0);

  const toggle = card.getByRole('button', { expanded: false });
  await toggle.focus();
  await page.keyboard.press('Enter');
  await expect(card.getByText('Herons weigh 2 kg.')).toBeVisible();
  expect(await faultsOf(page)).toEqual([]);

  await page.getByRole('link', { name: 'Sessions', exact: true }).click();
  await page.getByRole('link', { name: 'How heavy are herons?' }).first().click();
  await page.getByRole('button', { name: 'Trace' }).click();
  const steps = page.getByRole('list', { name: 'Steps of the run' }).getByRole('listitem');
  await expect(steps.filter({ hasText: 'Sub-agent ada' })).toContainText('How heavy are herons?');
  expect(await faultsOf(page)).toEqual([]);
});

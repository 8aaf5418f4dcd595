import { test as base, expect, type Locator, type Page } from '@playwright/test';
import type { MockScript, MockUpstream } from '../../server/agent/testing/mock-upstream.ts';
import { startMockUpstream } from '../mock-upstream/mock-upstream.ts';
import { type ConsoleProgram, startConsole, writeConfig } from './console-program.ts';
import { leaveContent } from './kept-content.ts';
import { makeTempHome, type TempHome } from './temp-home.ts';

interface TestFixtures {
  home: TempHome;
  /** Starts the program in `home`; what still runs after the test is ended. */
  start(port?: number): Promise<ConsoleProgram>;
  /** Starts a scripted model. */
  upstream(script: MockScript): Promise<MockUpstream>;
  /** A signed-in page of `shared`, on Overview. */
  console: Page;
}

type SignedIn = ConsoleProgram & { cookie: { name: string; value: string } };

interface WorkerFixtures {
  /** Specs share `shared` and `walk` with those alone that name the same circle. */
  circle: string;
  /** One program without keys, for tests that leave it as they found it, and the cookie of a signed-in browser. */
  shared: SignedIn;
  /** The same with what earlier starts left. */
  filled: SignedIn;
  /** A signed-in page of `shared` for walks through many places: the browser keeps what it loaded and compiled. */
  walk: Page;
}

/** The key that the scripted model accepts. */
export const upstreamKey = 'sk-test-0123456789abcdef';

export const test = base.extend<TestFixtures, WorkerFixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of fixtures from the pattern.
  home: async ({}, use) => {
    const home = await makeTempHome();
    await use(home);
    await home.remove();
  },
  start: async ({ home }, use) => {
    const started: ConsoleProgram[] = [];
    await use(async (port) => {
      const program = await startConsole(home, port);
      started.push(program);
      return program;
    });
    await Promise.all(started.map((program) => program.stop()));
  },
  // biome-ignore lint/correctness/noEmptyPattern: as above.
  upstream: async ({}, use) => {
    const started: MockUpstream[] = [];
    await use(async (script) => {
      const upstream = await startMockUpstream({ script, keys: [upstreamKey] });
      started.push(upstream);
      return upstream;
    });
    await Promise.all(started.map((upstream) => upstream.close()));
  },
  circle: ['', { option: true, scope: 'worker' }],
  shared: [
    // biome-ignore lint/correctness/noEmptyPattern: as above.
    async ({}, use) => {
      const home = await makeTempHome();
      const program = await startConsole(home);
      await use({ ...program, cookie: await takeCookie(program) });
      await program.stop();
      await home.remove();
    },
    { scope: 'worker' },
  ],
  filled: [
    // biome-ignore lint/correctness/noEmptyPattern: as above.
    async ({}, use) => {
      const home = await makeTempHome();
      await leaveContent(home);
      const program = await startConsole(home);
      await use({ ...program, cookie: await takeCookie(program) });
      await program.stop();
      await home.remove();
    },
    { scope: 'worker' },
  ],
  walk: [
    async ({ browser, shared }, use) => {
      const context = await browser.newContext({ baseURL: shared.consoleUrl, reducedMotion: 'reduce' });
      await context.addCookies([{ ...shared.cookie, url: shared.consoleUrl }]);
      await use(await context.newPage());
      await context.close();
    },
    { scope: 'worker' },
  ],
  console: async ({ shared, context, page }, use) => {
    await context.addCookies([{ ...shared.cookie, url: shared.consoleUrl }]);
    await page.goto(shared.consoleUrl);
    await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible();
    await use(page);
  },
});

export { expect };

/** Opens the printed link. */
export async function signIn(page: Page, program: ConsoleProgram): Promise<void> {
  await page.goto(program.link);
  await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible();
}

/** Makes the scripted model the one that the next start uses. */
export async function configureModel(home: TempHome, { baseUrl }: MockUpstream): Promise<void> {
  await writeConfig(home, { version: 1, llm: { provider: 'anthropic', modelId: 'mock-model', baseUrl } });
}

/** The row of a list of settings or secrets that carries this name. */
export function rowOf(page: Page, name: string): Locator {
  return page.getByText(name, { exact: true }).locator('xpath=ancestor::*[.//button][1]');
}

/** On the Secrets page, as a person does it: the scripted model accepts the key. */
export async function setKey(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Secrets' }).click();
  await rowOf(page, 'ANTHROPIC_API_KEY').getByRole('button', { name: 'Set…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Set ANTHROPIC_API_KEY' });
  await dialog.getByLabel('Value').fill(` ${upstreamKey}\n`);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(rowOf(page, 'ANTHROPIC_API_KEY')).toContainText(`ends in ${upstreamKey.slice(-4)}`);
}

/** Uses the link as a browser would, without one. */
async function takeCookie(program: ConsoleProgram): Promise<{ name: string; value: string }> {
  const answer = await fetch(program.link, { redirect: 'manual' });
  const [, name, value] = /^([^=]+)=([^;]+)/.exec(answer.headers.get('set-cookie') ?? '') ?? [];
  if (!name || !value) throw new Error(`The link set no cookie: status ${answer.status}`);
  return { name, value };
}

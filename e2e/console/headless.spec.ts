import { runCommandLine, startConsole } from '../support/console-program.ts';
import { expect, signIn, test } from '../support/console-test.ts';

test('a server without a display has the same console in a browser, and takes commands', async ({ home, page }) => {
  const program = await startConsole(home, 0, ['serve', '--console']);
  try {
    await signIn(page, program);
    await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible();
    await expect(page).toHaveURL(`${program.consoleUrl}/`);

    const secrets = await runCommandLine(home, ['secrets', 'ls']);
    expect(secrets).toMatchObject({ code: 0, out: expect.stringContaining('ANTHROPIC_API_KEY') });
    const token = await runCommandLine(home, ['tokens', 'create', 'made-in-terminal']);
    expect(token.out).toMatch(/^art_/);
    // What a command does is seen in the page.
    expect(await runCommandLine(home, ['server', 'stop'])).toMatchObject({ code: 0, out: 'The server is stopped.\n' });
    await expect(page.getByRole('heading', { name: 'Server is stopped' })).toBeVisible();
    expect((await runCommandLine(home, ['server', 'start'])).code).toBe(0);
  } finally {
    expect(await program.stop()).toBe(0);
  }
  expect((await runCommandLine(home, ['status'])).code).toBe(3);
  expect((await runCommandLine(home, ['tokens', 'ls'])).out).toContain('made-in-terminal');
});

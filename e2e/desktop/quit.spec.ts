import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { ElectronApplication, Page } from '@playwright/test';
import { startMockUpstream } from '../mock-upstream/mock-upstream.ts';
import { writeConfig } from '../support/console-program.ts';
import { upstreamKey } from '../support/console-test.ts';
import { expect, openedView, test } from '../support/desktop-test.ts';
import type { TempHome } from '../support/temp-home.ts';

const root = join(import.meta.dirname, '../..');

/** Every line of the log, in order. */
async function readLog(dataDir: string): Promise<string[]> {
  const dir = join(dataDir, 'logs');
  const files = (await readdir(dir)).filter((name) => name.endsWith('.ndjson')).sort();
  const texts = await Promise.all(files.map((name) => readFile(join(dir, name), 'utf8')));
  return texts.flatMap((text) => text.trim().split('\n')).map((line) => JSON.parse(line).msg as string);
}

/** Collects what the page is told while the program ends. */
async function watchProgress(view: Page): Promise<string[]> {
  const steps: string[] = [];
  await view.exposeFunction('noteStep', (step: string) => void steps.push(step));
  await view.evaluate(() => {
    const { noteStep } = window as unknown as { noteStep(step: string): void };
    window.native?.onQuitProgress(({ step }) => noteStep(step));
  });
  return steps;
}

const endings: Record<string, (desktop: ElectronApplication) => Promise<unknown>> = {
  'closing the window, where that was chosen': (desktop) =>
    desktop.evaluate(async ({ BrowserWindow, dialog }) => {
      dialog.showMessageBox = async () => ({ response: 1, checkboxChecked: false });
      BrowserWindow.getAllWindows()[0]?.close();
    }),
  'Quit in the menu': (desktop) => desktop.evaluate(({ app }) => app.quit()),
  SIGTERM: async (desktop) => desktop.process().kill('SIGTERM'),
  SIGINT: async (desktop) => desktop.process().kill('SIGINT'),
};

for (const [name, end] of Object.entries(endings))
  test(`${name} ends the program in order, with its steps told to the page`, async ({ launch, home }) => {
    const desktop = await launch();
    const view = await openedView(desktop);
    const process = desktop.process();
    const exited = once(process, 'exit');
    const steps = await watchProgress(view);
    await end(desktop);
    expect(await exited).toEqual([0, null]);
    expect(steps.length).toBeGreaterThan(0);
    const log = await readLog(home.dataDir);
    expect(log.at(-1)).toBe('The program ends.');
  });

/** Starts a run on a model that never finishes its answer. */
async function startRun(launch: (...args: string[]) => Promise<ElectronApplication>, home: TempHome) {
  const upstream = await startMockUpstream({
    script: () => ({ blocks: [{ type: 'text', text: 'One two three' }], hang: { afterFrames: 1 } }),
    keys: [upstreamKey],
  });
  await writeConfig(home, {
    llm: { provider: 'openai', modelId: 'mock-model', baseUrl: upstream.baseUrl },
    shutdown: { drainMs: 50_000 },
  });
  Object.assign(home.env, { OPENAI_API_KEY: upstreamKey });
  const desktop = await launch();
  const view = await openedView(desktop);
  await view.getByRole('link', { name: 'Playground', exact: true }).click();
  await view.getByRole('textbox', { name: 'Message' }).fill('Count for ever');
  await view.keyboard.press('Enter');
  await expect(view.getByRole('button', { name: 'Stop', exact: true })).toBeVisible();
  // The page shows the button before the program has the run.
  await expect(view.getByText('1 run', { exact: true })).toBeVisible();
  return { desktop, view, upstream };
}

/** Answers the question of quitting, and keeps what was asked. */
function answerQuit(desktop: ElectronApplication, response: number): Promise<void> {
  return desktop.evaluate(({ dialog }, button) => {
    const asked: string[] = [];
    Object.assign(globalThis, { asked });
    dialog.showMessageBox = (async (...given: { message?: string; detail?: string }[]) => {
      asked.push(`${given.at(-1)?.message}: ${given.at(-1)?.detail}`);
      return { response: button, checkboxChecked: false };
    }) as never;
  }, response);
}
const quit = (desktop: ElectronApplication) => desktop.evaluate(({ app }) => app.quit());

test('a quit during a run shows the run and can be taken back, waited for and hurried', async ({ launch, home }) => {
  const { desktop, view, upstream } = await startRun(launch, home);
  await answerQuit(desktop, 2);
  await quit(desktop);
  const asked = () => desktop.evaluate(() => (globalThis as unknown as { asked: string[] }).asked);
  await expect.poll(asked).toEqual([expect.stringContaining('One run is going on: • Count for ever')]);
  await expect(view.getByRole('button', { name: 'Stop', exact: true })).toBeVisible();

  await answerQuit(desktop, 0);
  await quit(desktop);
  await expect(view.getByText('Waiting for 1 run')).toBeVisible();
  const exited = once(desktop.process(), 'exit');
  await view.getByRole('button', { name: 'Stop them now' }).click();
  expect(await exited).toEqual([0, null]);
  expect(await readLog(home.dataDir)).toContain('The program ends.');
  await upstream.close();
});

test('a system that shuts down asks nothing: it is told to wait, and the runs end at once', async ({
  launch,
  home,
}) => {
  const { desktop, upstream } = await startRun(launch, home);
  await answerQuit(desktop, 2);
  const exited = once(desktop.process(), 'exit');
  const isWaiting = await desktop.evaluate(({ powerMonitor }) =>
    (powerMonitor as unknown as { tellShutdown(): boolean }).tellShutdown(),
  );
  expect(isWaiting).toBe(true);
  expect(await exited).toEqual([0, null]);
  expect(await readLog(home.dataDir)).toContain('The program ends.');
  await upstream.close();
});

test('a signal while runs are waited for ends them, in order', async ({ launch, home }) => {
  const { desktop, upstream } = await startRun(launch, home);
  await answerQuit(desktop, 0);
  await quit(desktop);
  const exited = once(desktop.process(), 'exit');
  desktop.process().kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  await upstream.close();
});

test('after an ordered end the data directory is free for the next start', async ({ launch }) => {
  const first = await launch();
  await openedView(first);
  await first.close();
  const second = await launch();
  await openedView(second);
});

test('a second instance hands over and ends, and the first stays', async ({ launch, home }) => {
  const desktop = await launch();
  const view = await openedView(desktop);
  const executable = await desktop.evaluate(() => process.argv[0] ?? '');
  const second = spawn(executable, ['--no-sandbox', root, '--data-dir', home.dataDir], {
    env: { ...home.env, PATH: process.env.PATH },
    stdio: 'ignore',
  });
  expect(await once(second, 'exit')).toEqual([0, null]);
  await expect(view.getByRole('navigation', { name: 'Main' })).toBeVisible();
  expect(desktop.windows()).toHaveLength(1);
});

for (const event of ['query-session-end', 'session-end'])
  test(`Windows, which tells the end of the session as ${event}, is answered by an ordered end`, async ({
    launch,
    home,
  }) => {
    const { desktop, upstream } = await startRun(launch, home);
    await answerQuit(desktop, 2);
    const exited = once(desktop.process(), 'exit');
    const isWaiting = await desktop.evaluate(({ BrowserWindow }, name) => {
      const told = { isPrevented: false };
      const preventDefault = () => {
        told.isPrevented = true;
      };
      BrowserWindow.getAllWindows()[0]?.emit(name, { preventDefault, reasons: ['shutdown'] });
      return told.isPrevented;
    }, event);
    // Only the question can be answered with "not yet".
    expect(isWaiting).toBe(event === 'query-session-end');
    expect(await exited).toEqual([0, null]);
    expect(await readLog(home.dataDir)).toContain('The program ends.');
    await upstream.close();
  });

const ownerPid = async (dataDir: string): Promise<number | undefined> =>
  readFile(join(dataDir, 'lock'), 'utf8').then(
    (text) => JSON.parse(text).pid as number,
    () => undefined,
  );

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('a start while the program ends is made up for by a program after it', async ({ launch, home }) => {
  const desktop = await launch();
  await openedView(desktop);
  const first = desktop.process();
  await expect.poll(() => ownerPid(home.dataDir)).toBe(first.pid);
  const exited = once(first, 'exit');
  await desktop.evaluate(({ app }) => {
    app.quit();
    app.emit('second-instance', {}, process.argv, process.cwd(), undefined);
  });
  expect(await exited).toEqual([0, null]);
  // It is nobody's child: what happens here, it must not stay.
  const next = async () => {
    const pid = await ownerPid(home.dataDir);
    return pid !== undefined && pid !== first.pid ? pid : 0;
  };
  await expect.poll(next, { timeout: 20_000 }).toBeGreaterThan(0);
  const pid = await next();
  process.kill(pid, 'SIGTERM');
  await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
});

test('an exception that nobody caught is logged and ends the program in order, a rejection is logged', async ({
  launch,
  home,
}) => {
  const desktop = await launch();
  const view = await openedView(desktop);
  await desktop.evaluate(() => void Promise.reject(new Error('a rejection for the log')));
  await expect
    .poll(() => readLog(home.dataDir))
    .toContainEqual(expect.stringContaining('A failure was not handled: Error: a rejection for the log'));
  await expect(view.getByRole('navigation', { name: 'Main' })).toBeVisible();
  const exited = once(desktop.process(), 'exit');
  await desktop.evaluate(() => {
    setTimeout(() => {
      throw new Error('an exception for the log');
    }, 0);
  });
  expect(await exited).toEqual([1, null]);
  const log = await readLog(home.dataDir);
  expect(log).toContainEqual(expect.stringContaining('The program failed: Error: an exception for the log'));
  expect(log.at(-1)).toBe('The program ends.');
  // It counts as a crash: several of them in a row are not started again by themselves.
  const starts = await readFile(join(home.dir, 'config/agentrail-console/starts.json'), 'utf8');
  expect(JSON.parse(starts)).toHaveLength(1);
});

test('a keychain that never answers does not keep the program from ending', async ({ launch, home }) => {
  const path = join(home.dir, 'bus');
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => void sockets.add(socket.on('error', () => undefined).resume()));
  await new Promise<void>((resolve) => silent.listen(path, resolve));
  const desktop = await launch();
  const view = await openedView(desktop);
  // Only now: the browser asks the same bus at its start.
  await desktop.evaluate((_electron, bus) => {
    process.env.DBUS_SESSION_BUS_ADDRESS = bus;
  }, `unix:path=${path}`);
  await view.getByRole('link', { name: 'Secrets' }).click();
  await view.getByRole('button', { name: 'Set…' }).first().click();
  const dialog = view.getByRole('dialog');
  await dialog.getByLabel('Value').fill(upstreamKey);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect.poll(() => sockets.size).toBeGreaterThan(0);
  const asked = () =>
    desktop.evaluate(() =>
      (globalThis as unknown as { standInCalls: { api: string }[] }).standInCalls.map(({ api }) => api),
    );
  expect(await asked()).toContain('utilityProcess.fork');
  const exited = once(desktop.process(), 'exit');
  await quit(desktop);
  expect(await exited).toEqual([0, null]);
  for (const socket of sockets) socket.destroy();
  silent.close();
});

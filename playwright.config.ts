import { join } from 'node:path';
import { defineConfig } from '@playwright/test';
import { chromiumFlags, findChromium } from './e2e/support/chromium.ts';
import { desktopRuntime } from './e2e/support/desktop-runtime.ts';

const chromium = findChromium();
// Read by Electron's package, which Playwright asks for the executable.
const { overrideDir } = desktopRuntime();
if (overrideDir) process.env.ELECTRON_OVERRIDE_DIST_PATH ??= overrideDir;

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  globalSetup: './e2e/support/require-build.ts',
  timeout: 60_000,
  expect: { timeout: 10_000 },
  // Each worker runs a browser, a server and sometimes containers.
  workers: 2,
  fullyParallel: false,
  forbidOnly: process.env.CI === 'true',
  // Told by name at the end of `npm test`.
  retries: process.env.CI === 'true' ? 1 : 0,
  reporter: [
    ['list'],
    ['json', { outputFile: join(import.meta.dirname, '.cache/test/e2e.json') }],
    ['./e2e/support/runtime-reporter.ts'],
  ],
  use: {
    // A trace of every test costs as much as some of them; in CI one that fails is tried again, and that is traced.
    trace: process.env.CI === 'true' ? 'on-first-retry' : 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: { args: chromiumFlags, ...(chromium && { executablePath: chromium }) },
  },
  projects: [
    { name: 'desktop', testMatch: 'desktop/**/*.spec.ts' },
    { name: 'console', testMatch: 'console/**/*.spec.ts' },
  ],
});

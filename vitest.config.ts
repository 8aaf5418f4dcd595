import { defineConfig } from 'vitest/config';

// `unit` needs nothing but Node. `integration` runs real Docker, real processes and real files.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{server,renderer,electron,scripts,e2e/stand-in}/**/*.test.{ts,tsx}'],
          exclude: ['**/*.integration.test.ts', '**/node_modules/**'],
          testTimeout: 10_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['{server,electron,scripts}/**/*.integration.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          // Told by name at the end of `npm test`. Unit tests are never tried again: a property that fails once failed.
          retry: process.env.CI === 'true' ? 1 : 0,
        },
      },
    ],
  },
});

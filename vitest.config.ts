import { join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';
import { aloneTests } from './scripts/alone-tests.ts';

const integrationTests = '{server,electron,scripts}/**/*.integration.test.ts';

const integration = {
  // For the programs that they start from sources: loading those takes most of the life of such a program.
  env: { NODE_COMPILE_CACHE: join(import.meta.dirname, '.cache/test/compiled') },
  // Bounds of what is tested are in the tests; these end what hangs, also where the machine has much else to do.
  testTimeout: 120_000,
  hookTimeout: 180_000,
  // Told by name at the end of `npm test`. Unit tests are never tried again: a property that fails once failed.
  retry: process.env.CI === 'true' ? 1 : 0,
};

// `unit` needs nothing but Node. Those called `integration` run real Docker, real processes and real files: they wait more
// than they work, so several run at a time; the `-alone` ones load the machine themselves, or bound what happens by time.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{server,renderer,electron,scripts,e2e/stand-in}/**/*.test.{ts,tsx}'],
          exclude: ['**/*.integration.test.ts', '**/node_modules/**'],
          // Not a bound of what is tested: each takes a fraction of it, unless the machine has much else to do.
          testTimeout: 30_000,
          // Vitest would leave a core to itself: half of the machine, where there are two.
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...integration,
          name: 'integration',
          include: [integrationTests],
          exclude: [...configDefaults.exclude, ...aloneTests],
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...integration,
          name: 'integration-alone',
          include: aloneTests,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});

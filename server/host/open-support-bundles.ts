import type { Doctor } from '../doctor/doctor.ts';
import type { SandboxManager } from '../sandbox/sandbox.ts';
import type { AgentrailSessionStore } from '../sessions/store.ts';
import type { BundleSources } from '../support-bundle/sources.ts';
import { createSupportBundles, type SupportBundles } from '../support-bundle/support-bundles.ts';
import type { Foundation } from './open-foundation.ts';

export interface SupportBundleParts {
  version: string;
  doctor: Doctor;
  sessions: AgentrailSessionStore;
  sandboxes: SandboxManager;
  server: NonNullable<BundleSources['server']>;
}

/** The log is asked for so many lines at once. */
const pageLines = 2000;

/** Support bundles of the running program. */
export function openSupportBundles(foundation: Foundation, parts: SupportBundleParts): SupportBundles {
  const { config, dataDir, environment, secrets, logs, clock } = foundation;
  const { version, doctor, sessions, sandboxes, server } = parts;
  return createSupportBundles({
    ...{ clock, redactor: secrets.redactor },
    sources: {
      ...{ dataDir, home: environment.home, version, server },
      config: () => ({ settings: config.current(), values: config.values(), file: config.filePath() }),
      // What is there is minutes old at most when a person gathers a bundle beside it.
      doctor: async (signal) => doctor.last() ?? doctor.run({ signal }),
      async logs(wanted, signal) {
        let lines: Awaited<ReturnType<typeof logs.query>>['lines'] = [];
        for (;;) {
          const [first] = lines;
          const before = first && { beforeTime: first.time, beforeSeq: first.seq };
          const limit = Math.min(pageLines, wanted - lines.length);
          const page = await logs.query({ limit, ...before }, signal);
          lines = [...page.lines, ...lines];
          if (!page.hasMore || lines.length >= wanted) return lines;
        }
      },
      engine: async () => ({ engine: sandboxes.engine(), image: await sandboxes.image(), sandboxes: sandboxes.list() }),
      secrets: () => ({ vault: secrets.status(), list: secrets.list() }),
      session: (key) => sessions.export(key, 'jsonl'),
    },
  });
}

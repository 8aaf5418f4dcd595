import { type DeployChoices, type DeployPlan, defaultHostName } from '../contract/deploy.ts';
import type { Clock } from '../lib/clock.ts';
import { compareExport } from './compare-export.ts';
import type { LastExports } from './last-exports.ts';
import { type ExportSource, makeExport } from './make-export.ts';

/** Today's settings as files to run elsewhere, beside what was exported last. */
export interface DeployExports {
  /** Changes nothing. */
  plan(choices: DeployChoices): Promise<DeployPlan>;
  /** Takes what `plan` gives as exported. Resolves with how it differed. Throws AppError `storage_unavailable`. */
  keep(choices: DeployChoices): Promise<DeployPlan>;
}

export interface DeployExportsOptions {
  /** Asked at every call. */
  source(): Omit<ExportSource, 'pinnedImage'>;
  /** Of the sandbox image at its registry, as far as an engine knows it. Must not throw. */
  imageDigest?: () => Promise<string | undefined>;
  last: LastExports;
  clock: Clock;
}

export function createDeployExports({ source, imageDigest, last, clock }: DeployExportsOptions): DeployExports {
  async function plan(choices: DeployChoices): Promise<DeployPlan> {
    const { files, notes } = makeExport({ ...source(), pinnedImage: await imageDigest?.() }, choices);
    const before = await last.read(choices.target);
    return {
      choices,
      notes,
      files: compareExport(before?.files ?? [], files),
      ...(before && { lastExportAt: before.at }),
      command: deployCommand(choices),
    };
  }

  return {
    plan,
    async keep(choices) {
      const made = await plan(choices);
      const files = made.files.filter(({ change }) => change !== 'removed');
      await last.keep(choices.target, {
        at: clock.now(),
        files: files.map(({ path, content }) => ({ path, content })),
      });
      return made;
    },
  };
}

/** Every choice is free of characters that a shell takes for its own. */
function deployCommand({ target, hostName, instances, docker, dockerHost }: DeployChoices): string {
  const parts = ['agentrail', 'deploy', '--target', target];
  if (hostName !== defaultHostName) parts.push('--name', hostName);
  if (instances !== 1) parts.push('--instances', String(instances));
  parts.push('--docker', docker);
  if (dockerHost !== undefined) parts.push('--docker-host', dockerHost);
  parts.push('--out', target);
  return parts.join(' ');
}

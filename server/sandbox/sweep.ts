import { messageOf } from '../lib/app-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ContainerEngine, ListedContainer } from './container-engine.ts';
import { managedLabel, readOwner } from './labels.ts';
import { checkLiveness } from './process-identity.ts';
import type { SweepReport } from './sandbox.ts';

export interface SweepScope {
  engine: ContainerEngine;
  instanceId: string;
  /** This instance uses it or is about to. */
  isOurs(container: { name: string; containerId: string }): boolean;
  /** Once it has fired nothing more is removed: the rest waits for the next owner. */
  closing?: AbortSignal;
  logger: Logger;
}

/** Removes containers with our label whose owner is proven dead, and our own that nobody knows any more. */
export async function sweepContainers(scope: SweepScope): Promise<SweepReport> {
  const report: SweepReport = { removed: [], kept: [] };
  const containers = await scope.engine.list(managedLabel);
  await Promise.all(
    containers.map(async (container) => {
      const verdict = await judge(container, scope);
      if (verdict === 'leave') {
        return;
      }
      if (verdict !== 'remove') {
        report.kept.push({ name: container.name, reason: verdict.reason });
        return;
      }
      if (scope.closing?.aborted) {
        return;
      }
      try {
        await scope.engine.remove(container.containerId);
        report.removed.push(container.name);
        scope.logger.info('Removed a sandbox whose owner is gone.', { container: container.name });
      } catch (fault) {
        report.kept.push({ name: container.name, reason: messageOf(fault) });
      }
    }),
  );
  return report;
}

async function judge(container: ListedContainer, scope: SweepScope): Promise<'leave' | 'remove' | { reason: string }> {
  const owner = readOwner(container.labels);
  if (!owner) {
    return { reason: 'Its labels do not say who owns it.' };
  }
  if (owner.instanceId === scope.instanceId) {
    return scope.isOurs(container) ? 'leave' : 'remove';
  }
  const liveness = await checkLiveness(owner.owner);
  if (liveness === 'unknown') {
    return { reason: 'Its owner runs on another machine, or cannot be looked at from here.' };
  }
  return liveness === 'alive' ? 'leave' : 'remove';
}

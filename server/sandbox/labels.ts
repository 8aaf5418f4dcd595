import { z } from 'zod';
import type { ProcessIdentity } from './process-identity.ts';

export const managedLabel = 'run.agentrail.managed=1';
/** Images that were built from our Dockerfile, whatever became of their names. */
export const bundledImageLabel = 'run.agentrail.bundled=1';

export interface LabelFacts {
  instanceId: string;
  /** Of one that waits in the pool nobody knows yet whose it will be, and labels cannot be changed. */
  session: { tenantId: string; sessionId: string } | 'pool';
  image: string;
  createdAt: number;
  owner: ProcessIdentity;
}

export function writeLabels(facts: LabelFacts): Record<string, string> {
  return {
    'run.agentrail.managed': '1',
    'run.agentrail.instance': facts.instanceId,
    ...(facts.session === 'pool'
      ? { 'run.agentrail.pool': '1' }
      : { 'run.agentrail.tenant': facts.session.tenantId, 'run.agentrail.session': facts.session.sessionId }),
    'run.agentrail.image': facts.image,
    'run.agentrail.created': new Date(facts.createdAt).toISOString(),
    'run.agentrail.owner-place': facts.owner.place,
    'run.agentrail.owner-pid': String(facts.owner.pid),
    'run.agentrail.owner-start': facts.owner.start,
  };
}

const ownerSchema = z
  .object({
    'run.agentrail.instance': z.string().min(1),
    'run.agentrail.owner-place': z.string().min(1),
    'run.agentrail.owner-pid': z.coerce.number().int().min(1),
    'run.agentrail.owner-start': z.string(),
  })
  .transform((labels) => ({
    instanceId: labels['run.agentrail.instance'],
    owner: {
      place: labels['run.agentrail.owner-place'],
      pid: labels['run.agentrail.owner-pid'],
      start: labels['run.agentrail.owner-start'],
    },
  }));

/** Of what belongs to an instance rather than to one session. */
export function writeNetworkLabels(instanceId: string, owner: ProcessIdentity): Record<string, string> {
  return {
    'run.agentrail.managed': '1',
    'run.agentrail.instance': instanceId,
    'run.agentrail.owner-place': owner.place,
    'run.agentrail.owner-pid': String(owner.pid),
    'run.agentrail.owner-start': owner.start,
  };
}

/** Who owns a container by its labels; undefined when they do not say. */
export function readOwner(labels: Record<string, string>): { instanceId: string; owner: ProcessIdentity } | undefined {
  const parsed = ownerSchema.safeParse(labels);
  return parsed.success ? parsed.data : undefined;
}

/** `agentrail-<instance>-<session>-<n>`, eight characters each, the last ones because ids begin with their time. */
export function containerName(instanceId: string, sessionId: string, count: number): string {
  const short = (id: string) =>
    id
      .toLowerCase()
      .replace(/[^a-z0-9]/g, '')
      .slice(-8) || 'x';
  return `agentrail-${short(instanceId)}-${short(sessionId)}-${count}`;
}

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../../lib/app-error.ts';
import type { Candidate } from './places.ts';

const configSchema = z.object({ currentContext: z.string().optional() });
const metaSchema = z.object({
  Name: z.string().optional(),
  Endpoints: z.object({
    docker: z.object({ Host: z.string().min(1), SkipTLSVerify: z.boolean().optional() }),
  }),
});

/**
 * The context that the Docker command line would use: `chosen` (DOCKER_CONTEXT), else the current one. Undefined when
 * that is the default one. A context that cannot be read is a candidate with a problem, so that a person sees it.
 */
export async function readCurrentContext(folder: string, chosen: string | undefined): Promise<Candidate | undefined> {
  let name = chosen;
  try {
    name ??= configSchema.parse(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'))).currentContext;
  } catch {
    // Without such a file there are no contexts, and a broken one is Docker's to report: the usual places follow.
    return undefined;
  }
  return name === undefined || name === '' || name === 'default' ? undefined : readContext(folder, name);
}

async function readContext(folder: string, name: string): Promise<Candidate> {
  const id = createHash('sha256').update(name).digest('hex');
  const origin = `Docker context ${name}`;
  try {
    return await readMeta(folder, id, origin);
  } catch (cause) {
    return { address: '', origin, problem: `The context cannot be read: ${messageOf(cause)}` };
  }
}

async function readMeta(folder: string, id: string, origin: string): Promise<Candidate> {
  const text = await readFile(join(folder, 'contexts/meta', id, 'meta.json'), 'utf8');
  const { Host: address, SkipTLSVerify: isUnverified = false } = metaSchema.parse(JSON.parse(text)).Endpoints.docker;
  const certificates = join(folder, 'contexts/tls', id, 'docker');
  const hasCertificates = (await readdir(certificates).catch(() => [])).length > 0;
  if (!hasCertificates && !isUnverified) {
    return { address, origin };
  }
  const tls = { isVerified: !isUnverified, ...(hasCertificates ? { folder: certificates } : {}) };
  return { address, origin, tls };
}

/**
 * The other contexts, as far as they are sockets of this machine: an engine elsewhere is used only when a person has
 * chosen it. Those that cannot be read are left out.
 */
export async function readLocalContexts(folder: string): Promise<Candidate[]> {
  const ids = await readdir(join(folder, 'contexts/meta')).catch(() => []);
  const found = await Promise.all(
    ids.toSorted().map(async (id) => {
      try {
        const text = await readFile(join(folder, 'contexts/meta', id, 'meta.json'), 'utf8');
        const name = metaSchema.parse(JSON.parse(text)).Name ?? id.slice(0, 12);
        return await readMeta(folder, id, `Docker context ${name}`);
      } catch {
        return undefined;
      }
    }),
  );
  return found.filter(
    (candidate) => candidate !== undefined && /^(unix|npipe):\/\//.test(candidate.address),
  ) as Candidate[];
}

import { z } from 'zod';
import type { EngineTraits } from '../container-engine.ts';

const infoSchema = z.object({
  SecurityOptions: z.array(z.string()).nullish(),
  Runtimes: z.record(z.string(), z.unknown()).nullish(),
  Rootless: z.boolean().nullish(),
  ID: z.string().nullish(),
});

interface Known {
  apiVersion: string;
  isPodman: boolean;
  isRemote: boolean;
  /** For people to read. */
  address: string;
}

/** What an engine can do, from what it tells of itself; what it does not tell is taken to be the ordinary. */
export function readTraits(info: unknown, { apiVersion, isPodman, isRemote, address }: Known): EngineTraits {
  const parsed = infoSchema.safeParse(info);
  const { SecurityOptions, Runtimes, Rootless, ID } = parsed.success ? parsed.data : {};
  const mapsUsers = Rootless === true || (SecurityOptions ?? []).some((each) => /^name=(rootless|userns)\b/.test(each));
  return {
    apiVersion,
    product: isPodman ? 'podman' : 'docker',
    // Where users are mapped, the command's user owns nothing in a folder of this machine.
    workspaces: isRemote || mapsUsers ? 'volume' : 'bind',
    runtimes: Object.keys(Runtimes ?? {}),
    // Podman makes up another one for every answer.
    engineId: isPodman || !ID ? address : ID,
  };
}

import { z } from 'zod';
import type { ContainerEngine } from './container-engine.ts';
import { managedLabel } from './labels.ts';

/** What a container shows to everybody who may ask the engine about it. */
export interface ShownByContainer {
  containerId: string;
  name: string;
  tenantId?: string;
  sessionId?: string;
  texts: { inside: string; text: string }[];
}

const inspectedSchema = z.object({
  Config: z
    .object({
      Env: z.array(z.string()).nullish(),
      Cmd: z.array(z.string()).nullish(),
      Labels: z.record(z.string(), z.string()).nullish(),
    })
    .nullish(),
  Path: z.string().nullish(),
  Args: z.array(z.string()).nullish(),
});

/** Environment, command and labels of every container that is ours by its label, whoever made it. */
export async function containerTexts(engine: ContainerEngine): Promise<ShownByContainer[]> {
  const listed = await engine.list(managedLabel);
  const found = await Promise.all(
    listed.map(async ({ containerId, name, labels }): Promise<ShownByContainer | undefined> => {
      const inspected = inspectedSchema.safeParse(await engine.inspect(containerId).catch(() => undefined));
      if (!inspected.success) return undefined;
      const { Config, Path, Args } = inspected.data;
      const environment = (Config?.Env ?? []).map((text) => ({ inside: text.split('=')[0] ?? '', text }));
      const command = [Path ?? '', ...(Args ?? []), ...(Config?.Cmd ?? [])].join('\n');
      const tenantId = labels['run.agentrail.tenant'];
      const sessionId = labels['run.agentrail.session'];
      return {
        ...{ containerId, name },
        ...(tenantId !== undefined && { tenantId }),
        ...(sessionId !== undefined && { sessionId }),
        texts: [
          ...environment,
          { inside: 'command', text: command },
          { inside: 'labels', text: JSON.stringify(Config?.Labels ?? {}) },
        ],
      };
    }),
  );
  return found.filter((each) => each !== undefined);
}

import { z } from 'zod';

export const protocolVersion = 1;
/** Bytes per tunnel and direction that may be on their way. Mirrored in resources/sandbox/agent/egress.py. */
export const netWindowBytes = 131_072;
/** Bytes of stdin per request that may be on their way. Mirrored, as the next ones, in resources/sandbox/agent/owner.py. */
export const windowBytes = 262_144;
/** Bytes of output per request that may be on their way; larger, as Docker takes its time to bring back the credit. */
export const outputWindowBytes = 1_048_576;
/** What is kept of the end of an output that is too long. It comes without asking for credit. */
export const maxTailBytes = 262_144;
/** Headers of frames that go in; the agent ends on longer ones. */
export const maxHeaderBytes = 1_048_576;
/** Bodies of frames that go in. */
export const inputChunkBytes = 65_536;

const id = z.number().int().min(1);
const text = z.string().max(8192);

/** What the agent says. Everything is checked, because the sandbox may have been taken over. */
export const agentMessageSchema = z.discriminatedUnion('ev', [
  z.object({ ev: z.literal('out'), id }),
  z.object({ ev: z.literal('err'), id }),
  /** So many bytes of output are left out here; what was kept of the end follows. */
  z.object({ ev: z.literal('gap'), id, bytes: z.number().int().min(1) }),
  z.object({ ev: z.literal('credit'), id, bytes: z.number().int().min(0).max(windowBytes) }),
  z.object({ ev: z.literal('done'), id, result: z.unknown() }),
  z.object({ ev: z.literal('error'), id, code: z.string().regex(/^[a-z_]{1,40}$/), message: text }),
  /** Everything that a command left running in the background has ended. */
  z.object({ ev: z.literal('gone'), id }),
  /** Of a tunnel; ids of their own. */
  z.object({
    ev: z.literal('net'),
    id,
    kind: z.enum(['open', 'data', 'credit', 'end', 'close']),
    bytes: z.number().int().min(0).max(netWindowBytes).optional(),
  }),
]);
export type AgentMessage = z.infer<typeof agentMessageSchema>;
export type NetMessage = Extract<AgentMessage, { ev: 'net' }>;

export const helloResultSchema = z.object({
  protocol: z.number().int(),
  python: z.string().max(20),
  shell: z.string().max(100),
  workspaceWritable: z.boolean(),
});

const count = z.number().int().min(0);

export const execResultSchema = z.object({
  code: z.number().int().min(0).max(255).nullable(),
  signal: z
    .string()
    .regex(/^SIG[A-Z0-9+-]{1,12}$/)
    .nullable(),
  endedBy: z.enum(['exit', 'timeout', 'abort', 'oom']),
  /** Processes that outlived every attempt to kill them. */
  survivors: count,
  background: z.boolean(),
  dropped: count,
  /** Bytes that lie in the file for what is too long. */
  spilled: count.optional(),
  durationMs: count,
});

export const shellsResultSchema = z.object({ shells: z.array(z.string().max(100)).min(1).max(20) });
export const processesSchema = z.array(
  z.object({
    pid: count,
    parent: count,
    state: z.string().max(8),
    uid: count,
    cpuMs: count,
    ageMs: count,
    memoryBytes: count,
    command: z.string().max(600),
  }),
);
export const sizeResultSchema = z.object({ size: count });
export const usageResultSchema = z.object({ bytes: count, files: count });
export const emptyResultSchema = z.object({});

export const entrySchema = z
  .object({
    path: z.string(),
    type: z.enum(['file', 'directory', 'symlink', 'other']),
    sizeBytes: count,
    modifiedAt: z.number(),
  })
  .nullable();
export const globResultSchema = z.object({ paths: z.array(z.string()), hasMore: z.boolean() });
export const grepResultSchema = z.object({
  matches: z.array(z.object({ path: z.string(), line: count, text: z.string() })),
  hasMore: z.boolean(),
});

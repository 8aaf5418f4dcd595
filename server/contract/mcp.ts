import { z } from 'zod';
import { secretNamePattern } from './secrets.ts';

/** MCP servers: programs of others that bring tools along. Settings, and what is told of them. Durations in ms. */

export const mcpServerNameSchema = z
  .string()
  .max(32, 'Take a name of 32 characters at most.')
  .regex(
    /^(?!.*__)[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?$/,
    'Take a name of letters, digits, - and _ that neither begins nor ends with one of these nor holds two _ in a row.',
  );

/** Set by the connection itself. */
const transportHeaders = [
  'accept',
  'connection',
  'content-length',
  'content-type',
  'host',
  'last-event-id',
  'mcp-protocol-version',
  'mcp-session-id',
  'transfer-encoding',
];

const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'Name a variable: letters, digits and _, for instance GITHUB_TOKEN.');
const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~A-Za-z0-9-]{1,128}$/, 'Name a header, for instance Authorization.')
  .refine((name) => !transportHeaders.includes(name.toLowerCase()), 'This header is set by the connection itself.');
const headerValue = z
  .string()
  .max(16_384)
  .regex(/^[\t\x20-\x7e]*$/, 'A header holds one line of plain characters.');
const text = z
  .string()
  .max(32_768)
  .refine((value) => !value.includes('\0'), 'This may not hold zero bytes.');

/** A name that cannot be a secret's would reach the server as it stands, unnoticed. */
function namesOnlySecrets(value: string): boolean {
  return Array.from(value.matchAll(/\$\{([^}]*)\}/g)).every(([, name = '']) => secretNamePattern.test(name));
}
const badReference = 'Between $ and braces stands the name of a secret: capital letters, digits and _.';

const ofCommand = ['args', 'env', 'cwd'] as const;

/** One server: a command that speaks over its standard input and output, or an address that speaks HTTP. */
export const mcpServerSchema = z
  .strictObject({
    command: text.min(1).max(4096).optional(),
    args: z.array(text).max(200).optional(),
    /** Beside PATH, HOME and LANG, which are all it gets. `${NAME}` stands for a secret of that name. */
    env: z.record(variableName, text.refine(namesOnlySecrets, badReference)).optional(),
    /** Where it runs; absent: the folder of this file. */
    cwd: z.string().min(1).max(4096).optional(),
    url: z
      .url({ protocol: /^https?$/, error: 'Write an address with http:// or https://.' })
      .max(4096)
      .refine((url) => !/^[^/]*\/\/[^/?#]*@/.test(url), 'Names and passwords belong into headers that name a secret.')
      .optional(),
    /** Sent with every request. `${NAME}` stands for a secret of that name. */
    headers: z.record(headerName, headerValue.refine(namesOnlySecrets, badReference)).optional(),
    enabled: z.boolean().default(true),
    /** By the names that the server gives its tools; `*` stands for anything. */
    tools: z
      .strictObject({
        /** Absent: all. */
        allow: z.array(z.string().min(1).max(256)).max(500).optional(),
        deny: z.array(z.string().min(1).max(256)).max(500).default([]),
      })
      .prefault({}),
    /** How long a call may go on without an answer or a word of progress. */
    timeoutMs: z.number().int().min(1000).max(3_600_000).default(120_000),
    /** How long a start may take. No run waits longer for it. */
    startTimeoutMs: z.number().int().min(500).max(300_000).default(20_000),
  })
  .superRefine((server, context) => {
    const fault = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (server.command === undefined && server.url === undefined)
      fault([], 'Name a command to run or the url of a server.');
    if (server.command !== undefined && server.url !== undefined)
      fault(['url'], 'A server has a command or a url, not both.');
    if (server.url !== undefined)
      for (const key of ofCommand) if (server[key] !== undefined) fault([key], 'This goes with a command, not a url.');
    if (server.command !== undefined && server.headers !== undefined)
      fault(['headers'], 'This goes with a url, not a command.');
  });

export type McpServerSettings = z.infer<typeof mcpServerSchema>;

export const mcpServersSchema = z.record(mcpServerNameSchema, mcpServerSchema);

/** `off`: switched off, or not needed yet. */
export const mcpStates = ['off', 'starting', 'ready', 'failed'] as const;
export type McpState = (typeof mcpStates)[number];

export const mcpToolInfoSchema = z.object({
  name: z.string().describe('As models and permission rules know it: mcp__server__tool.'),
  ownName: z.string().describe('As the server calls it.'),
  description: z.string(),
});

const time = z.number().describe('milliseconds since 1970');

export const mcpServerInfoSchema = z.object({
  name: z.string(),
  transport: z.enum(['stdio', 'http']),
  target: z.string().describe('The command line, or the address without its query.'),
  isEnabled: z.boolean(),
  state: z.enum(mcpStates),
  error: z.object({ code: z.string(), message: z.string() }).optional().describe('Why it is not ready.'),
  nextTryAt: time.optional().describe('When it is started again by itself, or may be at the earliest.'),
  readyAt: time.optional(),
  product: z.string().optional().describe('What the server says it is, with its version.'),
  hasResources: z.boolean(),
  tools: z.array(mcpToolInfoSchema),
  refused: z
    .array(z.object({ ownName: z.string(), reason: z.string() }))
    .describe('Tools that are not offered, and why.'),
  lastLines: z.array(z.string()).describe('The end of what it wrote to its standard error.'),
});

export type McpToolInfo = z.infer<typeof mcpToolInfoSchema>;
export type McpServerInfo = z.infer<typeof mcpServerInfoSchema>;

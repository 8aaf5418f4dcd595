import { z } from 'zod';
import { parseHostPattern } from './host-pattern.ts';
import { idSchema } from './ids.ts';
import { logLevels } from './logs.ts';
import { mcpServersSchema } from './mcp.ts';
import { permissionsSchema } from './permissions.ts';

/** `agentrail.yaml`. Strict: a key that is not here is reported with its line. Durations in milliseconds. */

const port = z.number().int().min(0).max(65_535);
const durationMs = z.number().int().min(0);
const modelString = z.string().min(1).max(256);

export const providerTypes = ['anthropic', 'openai', 'openai-compatible', 'demo'] as const;
export type ProviderType = (typeof providerTypes)[number];

export const searchProviders = ['tavily', 'brave', 'jina', 'exa'] as const;
export type SearchProviderName = (typeof searchProviders)[number];

export const providerSchema = z.strictObject({
  type: z.enum(providerTypes),
  baseUrl: z.url().optional(),
  /** Name of the variable that holds the key, never the key. */
  apiKeyEnv: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/, 'Name the variable that holds the key, for instance MY_API_KEY.')
    .optional(),
});

/** Bytes, or a number with k, m or g. */
const size = z.union([
  z.number().int(),
  z.string().regex(/^\d+[kmgKMG]?$/, 'Write bytes, or a number with k, m or g, for instance 512m.'),
]);

export const sandboxNetworks = ['none', 'allow-list', 'open'] as const;
export type SandboxNetwork = (typeof sandboxNetworks)[number];

/** Keys that a sandbox can use without having them: requests go through the server, which puts the key in. */
export const proxiedSecrets = [
  'ANTHROPIC_API_KEY',
  'OPENAI_API_KEY',
  'TAVILY_API_KEY',
  'BRAVE_SEARCH_API_KEY',
  'JINA_API_KEY',
  'EXA_API_KEY',
] as const;
export type ProxiedSecret = (typeof proxiedSecrets)[number];

const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'Name a variable: letters, digits and _, for instance MY_SETTING.');

/** What every sandbox has and an agent can have otherwise. */
const sandboxShape = {
  image: z.string().min(1),
  memory: size,
  cpus: z.number().min(0.1).max(256),
  pids: z.number().int().min(16).max(100_000),
  /** `allow-list`: nothing but `allowHosts`, through a proxy outside of the container. `open`: a bridge of its own. */
  network: z.enum(sandboxNetworks),
  /** What `allow-list` allows: names, `*.example.com` or addresses, with or without a port. Without: 80 and 443. */
  allowHosts: z.array(
    z
      .string()
      .max(300)
      .refine((text) => parseHostPattern(text) !== undefined, {
        error: 'Write a host with or without a port, for instance pypi.org:443 or *.npmjs.org.',
      }),
  ),
};

export const agentSchema = z.strictObject({
  /** What its sandboxes have otherwise than `sandbox` says. */
  sandbox: z.strictObject(sandboxShape).partial().optional(),
  name: z.string().min(1).max(100).optional(),
  prompt: z.string().max(100_000).optional(),
  promptFile: z.string().optional(),
  /** Files whose texts follow the prompt, in this order. */
  promptFragments: z.array(z.string().min(1)).max(50).optional(),
  model: modelString.optional(),
  maxTurns: z.number().int().min(1).max(1000).optional(),
  tools: z.array(z.string()).optional(),
  /** Added to the rules below `permissions`; the mode takes their place. */
  permissions: permissionsSchema.optional(),
});

/** A name or a path. With `required` the server does not start when it cannot be loaded; else it is left out. */
const pluginPath = z.string().min(1).max(4096);

const dollars = z.number().min(0);

/** What the built-in table does not know of a model, or knows otherwise. Prices in US dollars per million tokens. */
export const modelSchema = z.strictObject({
  /** Tokens of prompt and answer together. */
  contextWindow: z.number().int().min(1024).max(100_000_000).optional(),
  price: z
    .strictObject({
      input: dollars,
      output: dollars,
      /** Absent: the price of input. */
      cacheRead: dollars.optional(),
      cacheWrite: dollars.optional(),
    })
    .optional(),
});

const percent = z.number().min(1).max(100);

export const configSchema = z.strictObject({
  version: z.literal(1).default(1),
  server: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1'),
      port: port.default(3000),
      allowedOrigins: z.array(z.string()).default(['http://localhost:5173']),
      allowedHosts: z.array(z.string()).default([]),
      /** Asks for a token on loopback too, where none is needed while UI_SECRET_TOKEN is not set. */
      requireToken: z.boolean().default(false),
      maxConcurrentRuns: z.number().int().min(1).max(10_000).default(64),
      /**
       * With Postgres: how long a session stays with an instance that says nothing more. Shorter frees sessions of a dead
       * one sooner; longer forgives a stall. Read when the program starts.
       */
      sessionLeaseMs: z.number().int().min(1000).max(120_000).default(10_000),
      /** JSON bodies, in bytes. */
      bodyLimit: z.number().int().min(1024).default(1_048_576),
      /** Files that come with one message. They do not count towards bodyLimit. */
      attachments: z
        .strictObject({
          /** Of each, in bytes. */
          maxBytes: z.number().int().min(1024).max(268_435_456).default(26_214_400),
          maxCount: z.number().int().min(0).max(100).default(10),
        })
        .prefault({}),
    })
    .prefault({}),
  llm: z
    .strictObject({
      /** A provider type or a name below `providers`. Absent: the first provider with a key, else the offline demo. */
      provider: z.string().min(1).optional(),
      modelId: z.string().min(1).optional(),
      baseUrl: z.url().optional(),
      /** `provider:model`, tried in this order when the chosen model cannot answer. */
      fallback: z.array(modelString).max(10).default([]),
      maxTokens: z.number().int().min(1).default(8192),
      temperature: z.number().min(0).max(2).optional(),
      /** Tokens that the model may spend on thinking; 0 is off. Anthropic only. */
      thinking: z.number().int().min(0).default(0),
      /** An answer that has begun and of which nothing comes for so long is given up. `fetch` itself waits no longer than the most. */
      idleTimeoutMs: durationMs.min(1000).max(300_000).default(120_000),
    })
    .prefault({}),
  providers: z.record(idSchema, providerSchema).default({}),
  agents: z.record(idSchema, agentSchema).default({}),
  /** By model id, or by `provider:model`, which wins. */
  models: z.record(modelString, modelSchema).default({}),
  /** When a conversation is shortened: its older part becomes a summary, the words themselves go to an archive. */
  compaction: z
    .strictObject({
      /** Tokens above which it is shortened before a run. */
      triggerTokens: z.number().int().min(1000).default(150_000),
      /** Shorter conversations are left alone before a run, however heavy. */
      minMessages: z.number().int().min(2).default(20),
      /** While a run goes on, by the share of the model's context window that the next call would fill. */
      reactive: z
        .strictObject({
          enabled: z.boolean().default(true),
          /** Old tool results are left out from here on. */
          microPct: percent.default(85),
          /** The older part is summarised from here on. */
          fullPct: percent.default(92),
          /** Model replies with their tool results that stay word for word. */
          keepRecentRounds: z.number().int().min(0).max(100).default(2),
        })
        .refine(({ microPct, fullPct }) => microPct <= fullPct, {
          path: ['microPct'],
          message: 'microPct comes before fullPct: make it the smaller one.',
        })
        .prefault({}),
    })
    .prefault({}),
  sandbox: z
    .strictObject({
      image: sandboxShape.image.default('agentrail-sandbox:bookworm'),
      idleTimeoutMs: durationMs.min(1000).default(1_200_000),
      required: z.boolean().default(false),
      memory: sandboxShape.memory.default('1g'),
      cpus: sandboxShape.cpus.default(1),
      pids: sandboxShape.pids.default(256),
      network: sandboxShape.network.default('none'),
      allowHosts: sandboxShape.allowHosts.default([]),
      /** Lets `network: open` start where this machine's own services cannot be kept out of reach. */
      allowHostServices: z.boolean().default(false),
      /** Variables that commands find. For what is no secret: it stands in this file. */
      env: z.record(variableName, z.string().max(32_768)).default({}),
      /** Secrets that commands find as they are, by name. */
      grantSecrets: z.array(variableName).max(100).default([]),
      /** Keys that commands can use through the server without having them. */
      secretProxy: z.array(z.enum(proxiedSecrets)).default([]),
      dockerHost: z.string().optional(),
      /** Folder with ca.pem, cert.pem and key.pem for an engine at tcp://. */
      dockerCertPath: z.string().min(1).optional(),
      /** Lets an engine on another machine be used by plain TCP, which gives everyone on the way its powers. */
      allowPlainTcp: z.boolean().default(false),
      /** Container runtime, for instance runsc of gVisor; absent: the engine's own. */
      runtime: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'Write the name of a runtime, for instance runsc.')
        .optional(),
      /** Containers that wait ready, so that the first command of a session need not wait for one; 0 is off. */
      warmPool: z.number().int().min(0).max(16).default(1),
      /** A sandbox is replaced at this age, however busy; its workspace stays. 0 is never. */
      maxAgeMs: durationMs.default(28_800_000),
      /** Of one workspace; what writes beyond it is stopped. 0 is no limit. */
      diskLimit: size.default('2g'),
    })
    .prefault({}),
  search: z
    .strictObject({
      /** Whom WebSearch asks. Absent: the first of these whose key is set. */
      provider: z.enum(searchProviders).optional(),
    })
    .prefault({}),
  web: z
    .strictObject({
      /** Lets WebFetch reach this machine and private networks. Metadata services of clouds stay out of reach. */
      allowPrivate: z.boolean().default(false),
      /** Hosts that may be fetched wherever they lead: names, `*.example.com`, or IP addresses. */
      allowHosts: z.array(z.string().min(1).max(253)).default([]),
      /** Ports that may be fetched beside 80 and 443. */
      allowPorts: z.array(z.number().int().min(1).max(65_535)).default([]),
    })
    .prefault({}),
  /** The way out of everything but sandboxes. */
  network: z
    .strictObject({
      /** `system`: the environment's, else that of the operating system. `manual`: `proxyUrl`. */
      proxy: z.enum(['system', 'none', 'manual']).default('system'),
      proxyUrl: z
        .url({ protocol: /^https?$/ })
        .refine((text) => URL.parse(text)?.password === '', {
          error: 'A password does not belong in this file. Set HTTPS_PROXY in the environment and proxy to system.',
        })
        .optional(),
      /** With `manual`: hosts that are asked directly; this machine always is. */
      noProxy: z.array(z.string().min(1).max(253)).max(200).default([]),
      /** Certificates that are trusted beside the usual ones, as PEM. */
      caFile: z.string().min(1).max(4096).optional(),
    })
    .prefault({}),
  permissions: permissionsSchema.prefault({}),
  /** Agents that an agent calls in. */
  subagents: z
    .strictObject({
      /** How far down agents may call in agents; 0 is off. */
      maxDepth: z.number().int().min(0).max(5).default(2),
      /** Called in during one run, on all levels. */
      maxPerRun: z.number().int().min(1).max(1000).default(16),
      /** At work at the same moment in one run. */
      maxConcurrent: z.number().int().min(1).max(100).default(4),
      /** US dollars that the sub-agents of one run may use; absent: no limit. */
      maxCostUsd: z.number().min(0).optional(),
      /** One task of one agent, waiting for people included. */
      jobTimeoutMs: durationMs.min(1000).default(900_000),
    })
    .prefault({}),
  runs: z
    .strictObject({
      /** A client that goes away leaves its run alone this long; 0 aborts at once, -1 lets it run to its end. */
      disconnectGraceMs: z.number().int().min(-1).default(30_000),
      deadlineMs: durationMs.min(1000).default(3_600_000),
      /**
       * Tokens of earlier conversation that a run begins with at most; what is older stays stored and can be searched.
       * Absent: as much as the model can read, shortened by compaction.
       */
      historyTokens: z.number().int().min(1000).optional(),
    })
    .prefault({}),
  /** Names of plugins that come with the program, and paths of plugin files. */
  plugins: z
    .array(z.union([pluginPath, z.strictObject({ path: pluginPath, required: z.boolean().default(false) })]))
    .max(100)
    .default(['slash-commands']),
  /** Programs and services of others that bring tools along, by the name their tools get. */
  mcpServers: mcpServersSchema.default({}),
  shutdown: z.strictObject({ drainMs: durationMs.default(10_000) }).prefault({}),
  /** What goes by itself, once a day and after a start. Absent values keep everything. */
  retention: z
    .strictObject({
      /** Sessions without activity for longer are deleted. */
      sessionsDays: z.number().int().min(1).max(36_500).optional(),
      /** Of all sessions together; those with the oldest activity are deleted until the rest fits. */
      maxSessionsBytes: z.number().int().min(1_000_000).optional(),
      /** Log files of older days are deleted. */
      logsDays: z.number().int().min(1).max(36_500).optional(),
    })
    .prefault({}),
  /** Archives of the data directory, made by themselves. */
  backup: z
    .strictObject({
      /** 0 is off. */
      everyHours: z.number().int().min(0).max(8760).default(0),
      /** Of the day, in the zone of this machine; holds from every 24 hours on. */
      at: z
        .string()
        .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 03:00')
        .optional(),
      /** Holds from every 168 hours on, with a time. */
      on: z.enum(['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']).optional(),
      /** The newest so many stay; 0 keeps all. */
      keep: z.number().int().min(0).max(1000).default(7),
      /** Absent: `backups` in the data directory. Better on another disk. */
      dir: z.string().min(1).max(4096).optional(),
      /** The folders that sandboxes work in, too. */
      workspaces: z.boolean().default(false),
    })
    .prefault({}),
  /** What an agent may know of the same person's earlier conversations. */
  pastSessions: z
    .strictObject({
      enabled: z.boolean().default(true),
      /** How many of the latest it is told of; it can search all of them. */
      listed: z.number().int().min(0).max(50).default(8),
    })
    .prefault({}),
  /** What is remembered of each user between conversations, in USER.md. */
  userMemory: z
    .strictObject({
      enabled: z.boolean().default(true),
      /** Of one user. Agents are told all of it at the beginning of each run. */
      maxBytes: z.number().int().min(256).max(32_768).default(6144),
      /** Who reads what people said; absent: the configured model. The offline demo never does. */
      model: modelString.optional(),
    })
    .prefault({}),
  logging: z.strictObject({ level: z.enum(logLevels).default('info') }).prefault({}),
});

/** Settings that a running server cannot take over. */
export const restartPaths = ['server.host', 'server.port', 'plugins'] as const;

export type Config = z.infer<typeof configSchema>;

/** Where a value of the configuration came from. */
export type ConfigSource = 'command line' | 'environment' | 'file' | 'default';

/** One value with the source that won and the one it shadows. */
export interface ConfigValue {
  /** Dotted path, for instance `server.port`. */
  path: string;
  value: unknown;
  source: ConfigSource;
  /** The variable, flag or file line that it was read from. */
  from?: string;
  shadows?: { source: ConfigSource; from?: string; value: unknown }[];
}

/** One fault of the configuration file. Lines count from 1. */
export interface ConfigFault {
  path: string;
  line?: number;
  message: string;
}

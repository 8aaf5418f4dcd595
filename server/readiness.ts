import type { ConfigManager } from './config/config-manager.ts';
import type { Readiness, ReadinessCheck, ServerPhase } from './contract/server-state.ts';
import { messageOf } from './lib/app-error.ts';
import type { Clock } from './lib/clock.ts';
import type { SandboxManager } from './sandbox/sandbox.ts';
import { sandboxSettingWarnings } from './sandbox/setting-warnings.ts';
import type { SecretsManager } from './secrets/secrets-manager.ts';
import type { SessionStore } from './sessions/store.ts';

export interface ReadinessOptions {
  config: ConfigManager;
  secrets: SecretsManager;
  sessions: SessionStore;
  sandboxes: SandboxManager;
  clock: Clock;
  phase(): ServerPhase;
  /** Checks of others. Must not reject. */
  more?(): Promise<ReadinessCheck[]>;
}

type Finding = Omit<ReadinessCheck, 'name' | 'durationMs'>;

/** What `/ready` answers: really tried, each time it is asked. Not ready while starting, draining or on any `fail`. */
export function createReadiness(options: ReadinessOptions): () => Promise<Readiness> {
  const { clock } = options;

  async function timed(name: string, check: () => Promise<Finding>): Promise<ReadinessCheck> {
    const began = clock.monotonic();
    const finding = await check().catch((error: unknown): Finding => ({ status: 'fail', error: messageOf(error) }));
    return { name, durationMs: Math.round(clock.monotonic() - began), ...finding };
  }

  return async () => {
    const checks = await Promise.all([
      timed('lifecycle', async () => lifecycleFinding(options.phase())),
      timed('config', async () => configFinding(options.config)),
      timed('session_store', async () => sessionStoreFinding(options.sessions)),
      timed('sandbox', async () => sandboxFinding(options)),
      timed('provider', async () => providerFinding(options)),
    ]);
    checks.push(...((await options.more?.()) ?? []));
    return { status: checks.some((check) => check.status === 'fail') ? 'not_ready' : 'ready', checks };
  };
}

async function sessionStoreFinding({ kind, ping }: Pick<SessionStore, 'kind' | 'ping'>): Promise<Finding> {
  const about = kind === undefined ? {} : { kind };
  try {
    await ping();
    return { status: 'ok', ...about };
  } catch (error) {
    return { status: 'fail', error: messageOf(error), ...about };
  }
}

function lifecycleFinding(phase: ServerPhase): Finding {
  if (phase === 'ready' || phase === 'degraded') return { status: 'ok' };
  return { status: 'fail', error: `The server is ${phase}.` };
}

function configFinding(config: ConfigManager): Finding {
  const faults = config.faults();
  if (faults.length === 0) return { status: 'ok' };
  const { path, line, message } = faults[0] ?? { path: '', message: '' };
  const where = line === undefined ? path : `${path} (line ${line})`;
  return { status: 'warn', error: `agentrail.yaml has ${faults.length} faults; the first: ${where}: ${message}` };
}

function sandboxFinding({ sandboxes, config }: ReadinessOptions): Finding {
  const engine = sandboxes.engine();
  const settings = config.current().sandbox;
  if (engine.state === 'connected') {
    const [warning] = sandboxSettingWarnings(settings);
    return warning ? { status: 'warn', error: warning.sentence } : { status: 'ok' };
  }
  const status = settings.required ? 'fail' : 'warn';
  return { status, error: engine.problem ?? 'The Docker engine does not answer.' };
}

function providerFinding({ secrets, config }: ReadinessOptions): Finding {
  const { llm, providers } = config.current();
  if (llm.provider !== undefined && llm.provider !== 'anthropic' && llm.provider !== 'openai') {
    const variable = providers[llm.provider]?.apiKeyEnv;
    if (variable === undefined || secrets.list().some((secret) => secret.name === variable && secret.isSet))
      return { status: 'ok' };
    return { status: 'warn', error: `${variable} is not set.` };
  }
  const wanted =
    llm.provider === undefined ? ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY'] : [`${llm.provider.toUpperCase()}_API_KEY`];
  if (secrets.list().some((secret) => wanted.includes(secret.name) && secret.isSet)) return { status: 'ok' };
  return { status: 'warn', error: `${wanted.join(' or ')} is not set; the offline demo model answers.` };
}

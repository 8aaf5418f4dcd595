import { z } from 'zod';
import type { EngineState, EngineStatus, EngineTry } from '../../contract/sandbox.ts';
import { type AppError, messageOf } from '../../lib/app-error.ts';
import type { EngineTraits } from '../container-engine.ts';
import { allFaults, type Fault, faultSentence, sandboxFault } from '../faults.ts';
import { negotiateApi } from './api-version.ts';
import { connectDocker } from './docker-engine.ts';
import { type Endpoint, parseAddress, type SshAddress, withoutCredentials } from './endpoint.ts';
import { mapEngineFault } from './faults.ts';
import { type Candidate, listCandidates, type PlacesOptions } from './places.ts';
import { protectTcp } from './tls.ts';
import { readTraits } from './traits.ts';

export type { EngineEnv } from './places.ts';

/** Until something answers at all. */
const pingTimeoutMs = 5000;
/** For engines elsewhere, and for what an engine that answers tells of itself: a busy one looks through its store. */
const patientTimeoutMs = 15_000;

export interface DiscoveryOptions extends PlacesOptions {
  /** `sandbox.allowPlainTcp` */
  allowsPlainTcp?: boolean;
  /** Absent: ssh addresses are refused. */
  tunnels?: { open(address: SshAddress): Promise<string> };
  now: number;
}

export interface Discovery {
  status: EngineStatus;
  /** Only when connected. */
  engine?: ReachedEngine;
}

export interface ReachedEngine {
  endpoint: Endpoint;
  traits: EngineTraits;
}

/**
 * Looks for an engine. An address that a person chose (configuration, DOCKER_HOST, DOCKER_CONTEXT) is the only one
 * tried; otherwise the current Docker context, the usual places and local contexts, in this order. Never throws.
 */
export async function discoverEngine(options: DiscoveryOptions): Promise<Discovery> {
  const tries: EngineTry[] = [];
  for (const candidate of await listCandidates(options)) {
    const { attempt, engine, facts } = await tryEngine(candidate, options);
    tries.push(attempt);
    if (engine && facts) {
      const status: EngineStatus = {
        state: 'connected',
        endpoint: attempt.endpoint,
        version: facts.Version,
        apiVersion: facts.ApiVersion,
        os: `${facts.Os}/${facts.Arch}`,
        tries,
        checkedAt: options.now,
      };
      return { status, engine };
    }
  }
  return { status: describeFailure(tries, options) };
}

const versionSchema = z.object({
  Version: z.string(),
  ApiVersion: z.string(),
  MinAPIVersion: z.string().optional(),
  Os: z.string().default('linux'),
  Arch: z.string().default('unknown'),
  Components: z.array(z.object({ Name: z.string().optional() })).nullish(),
});

interface TryResult {
  attempt: EngineTry;
  engine?: ReachedEngine;
  facts?: z.infer<typeof versionSchema>;
}

async function tryEngine(candidate: Candidate, options: DiscoveryOptions): Promise<TryResult> {
  const { address, origin } = candidate;
  const attempt = { endpoint: withoutCredentials(address), origin };
  const failed = (fault: Fault, error: string): TryResult => ({
    attempt: { ...attempt, state: stateOf(fault), code: fault, error },
  });
  if (candidate.problem !== undefined) {
    return failed('docker_endpoint_wrong', candidate.problem);
  }
  try {
    const { endpoint, isRemote } = await reach(candidate, options);
    const docker = connectDocker(endpoint, isRemote ? patientTimeoutMs : pingTimeoutMs);
    const facts = versionSchema.safeParse(await docker.version());
    if (!facts.success) {
      return failed('docker_endpoint_wrong', 'The answer is not that of a Docker engine.');
    }
    const { ApiVersion, MinAPIVersion, Components } = facts.data;
    const api = negotiateApi(ApiVersion, MinAPIVersion);
    if ('fault' in api) {
      return failed(api.fault, `API version ${MinAPIVersion === undefined ? '' : `${MinAPIVersion} to `}${ApiVersion}`);
    }
    const isPodman = (Components ?? []).some(({ Name }) => /podman/i.test(Name ?? ''));
    const info = await connectDocker(endpoint, patientTimeoutMs).info();
    const traits = readTraits(info, {
      apiVersion: `v${api.version}`,
      isPodman,
      isRemote,
      address: attempt.endpoint,
    });
    return { attempt: { ...attempt, state: 'connected' }, engine: { endpoint, traits }, facts: facts.data };
  } catch (cause) {
    const fault = mapEngineFault(cause, 'ping');
    return failed(faultOf(fault), saidBy(fault));
  }
}

/** Folders of this machine can be mounted only by engines whose socket is on it; a forwarded port hides where it leads. */
async function reach(
  { address, tls }: Candidate,
  { tunnels, allowsPlainTcp = false }: DiscoveryOptions,
): Promise<{ endpoint: Endpoint; isRemote: boolean }> {
  const parsed = parseAddress(address);
  if (parsed.kind === 'socket') {
    return { endpoint: parsed, isRemote: false };
  }
  if (parsed.kind === 'tcp') {
    return { endpoint: await protectTcp(parsed, { tls, allowsPlain: allowsPlainTcp }), isRemote: true };
  }
  if (!tunnels) {
    throw sandboxFault('docker_endpoint_wrong', { said: 'ssh addresses cannot be used here.' });
  }
  return { endpoint: { kind: 'socket', path: await tunnels.open(parsed) }, isRemote: true };
}

function saidBy(fault: AppError): string {
  const said = fault.details as { engineSaid?: string } | undefined;
  return said?.engineSaid || messageOf(fault.cause ?? fault);
}

function faultOf({ code }: AppError): Fault {
  return allFaults.find((fault) => fault === code) ?? 'docker_endpoint_wrong';
}

function stateOf(fault: Fault): EngineState {
  const states: Partial<Record<Fault, EngineState>> = {
    docker_not_found: 'not_found',
    docker_ssh_missing: 'not_found',
    docker_permission: 'no_permission',
    docker_ssh_auth: 'no_permission',
    docker_ssh_host_key: 'no_permission',
    docker_not_running: 'not_running',
    docker_ssh_unreachable: 'not_running',
    docker_api_too_old: 'api_too_old',
  };
  return states[fault] ?? 'endpoint_wrong';
}

/** What a caller is answered with while no engine is connected. */
export function engineFault({ state, code }: Pick<EngineStatus, 'state' | 'code'>): Fault {
  const known = allFaults.find((fault) => fault === code);
  if (known) {
    return known;
  }
  switch (state) {
    case 'no_permission':
      return 'docker_permission';
    case 'not_running':
      return 'docker_not_running';
    case 'api_too_old':
      return 'docker_api_too_old';
    case 'endpoint_wrong':
      return 'docker_endpoint_wrong';
    default:
      return 'docker_not_found';
  }
}

/** Nearest to working first: what a person most likely has to repair. */
const nearness: EngineState[] = ['no_permission', 'api_too_old', 'not_running', 'endpoint_wrong', 'not_found'];

function describeFailure(tries: EngineTry[], { platform, now }: DiscoveryOptions): EngineStatus {
  const nearest = nearness.flatMap((state) => tries.filter((attempt) => attempt.state === state))[0];
  const state = nearest?.state ?? 'not_found';
  const fault = engineFault({ state, ...(nearest?.code === undefined ? {} : { code: nearest.code }) });
  const fixCommand = fixOf(fault, platform);
  return {
    state,
    code: fault,
    tries,
    problem: faultSentence(fault),
    ...(fixCommand === undefined ? {} : { fixCommand }),
    checkedAt: now,
  };
}

function fixOf(fault: Fault, platform: NodeJS.Platform): string | undefined {
  if (fault === 'docker_not_running') {
    return platform === 'darwin' ? 'open -a Docker' : platform === 'linux' ? 'sudo systemctl start docker' : undefined;
  }
  return fault === 'docker_permission' && platform === 'linux' ? 'sudo usermod -aG docker $USER' : undefined;
}

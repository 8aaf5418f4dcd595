import type { EngineStatus } from '../contract/sandbox.ts';
import type { AppError } from '../lib/app-error.ts';
import type { ContainerEngine } from './container-engine.ts';
import type { Discovery, ReachedEngine } from './docker/discovery.ts';
import { engineFault } from './docker/discovery.ts';
import { sandboxFault } from './faults.ts';

export interface EngineLinkOptions {
  discover(): Promise<Discovery>;
  connect(engine: ReachedEngine): ContainerEngine;
  onChange(status: EngineStatus): void;
}

/** Knows which engine is in use, and looks again when it went away. */
export interface EngineLink {
  status(): EngineStatus;
  /** Looks now; calls at the same time share one look. Never throws. */
  probe(): Promise<EngineStatus>;
  /** The connected engine; looks for one first when there is none. Throws the engine's fault. */
  use(): Promise<ContainerEngine>;
  /** Tells that a call failed: faults of the connection make the next use look again. */
  noteFault(fault: AppError): void;
}

const connectionCodes = new Set([
  'docker_not_found',
  'docker_not_running',
  'docker_permission',
  'docker_endpoint_wrong',
]);

export function createEngineLink(options: EngineLinkOptions): EngineLink {
  let status: EngineStatus = { state: 'unknown', tries: [], checkedAt: 0 };
  let engine: ContainerEngine | undefined;
  let reached: ReachedEngine | undefined;
  let probing: Promise<EngineStatus> | undefined;

  async function look(): Promise<EngineStatus> {
    const found = await options.discover();
    if (!found.engine) {
      engine = undefined;
    } else if (!engine || JSON.stringify(reached) !== JSON.stringify(found.engine)) {
      engine = options.connect(found.engine);
    }
    reached = found.engine;
    const isNews = fingerprint(status) !== fingerprint(found.status);
    status = found.status;
    if (isNews) {
      options.onChange(status);
    }
    return status;
  }

  function probe(): Promise<EngineStatus> {
    probing ??= look().finally(() => {
      probing = undefined;
    });
    return probing;
  }

  return {
    status: () => status,
    probe,
    async use() {
      if (!engine) {
        await probe();
      }
      if (!engine) {
        throw sandboxFault(engineFault(status));
      }
      return engine;
    },
    noteFault(fault) {
      if (connectionCodes.has(fault.code)) {
        engine = undefined;
        void probe();
      }
    },
  };
}

function fingerprint({ checkedAt: _, ...rest }: EngineStatus): string {
  return JSON.stringify(rest);
}

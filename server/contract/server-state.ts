/** The embedded server's life, as the console shows it. Times in milliseconds since 1970. */

export type ServerPhase = 'stopped' | 'starting' | 'ready' | 'degraded' | 'draining' | 'failed';

/** In the order they are carried out. Listening comes before Docker, so that probes get an answer at once. */
export const stageNames = ['config', 'data_dir', 'vault', 'plugins', 'listen', 'docker', 'sweep', 'image'] as const;
export type StageName = (typeof stageNames)[number];

export interface Stage {
  name: StageName;
  status: 'waiting' | 'running' | 'ok' | 'warn' | 'fail';
  durationMs?: number;
  /** What was found, or what is wrong and what to do. */
  note?: string;
}

export interface ServerFault {
  code: string;
  message: string;
  /** A port that is free now; offered when the wanted one is taken. */
  freePort?: number;
}

export interface ServerState {
  phase: ServerPhase;
  stages: Stage[];
  /** `http://host:port`, only after listen succeeded. */
  address?: string;
  startedAt?: number;
  fault?: ServerFault;
  /** While draining: runs that are still going. */
  runsLeft?: number;
}

export interface ReadinessCheck {
  name: string;
  status: 'ok' | 'warn' | 'fail';
  durationMs: number;
  error?: string;
  /** Which of several that can stand there was looked at, for instance `postgres`. */
  kind?: string;
}

export interface Readiness {
  status: 'ready' | 'not_ready';
  checks: ReadinessCheck[];
}

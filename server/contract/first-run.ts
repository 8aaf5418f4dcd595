/** The way from a fresh data directory to a first answer. Sizes in bytes. */

export const firstRunSteps = ['data', 'model', 'sandbox'] as const;
export type FirstRunStep = (typeof firstRunSteps)[number];

export const stepOutcomes = ['open', 'done', 'skipped'] as const;
export type StepOutcome = (typeof stepOutcomes)[number];

export interface FirstRun {
  /** `open`: shown at the start until it is finished or dismissed. */
  status: 'open' | 'finished' | 'dismissed';
  /** Where it goes on. */
  step: FirstRunStep;
  steps: Record<FirstRunStep, StepOutcome>;
}

/** Where data lies, and where it could. */
export interface DataPlace {
  dataDir: string;
  /** Of the disk; absent when it does not tell. */
  freeBytes?: number;
  totalBytes?: number;
  /** Why nothing can be written there; absent when it can. */
  problem?: string;
  /** Chosen for the next start. `problem`: that start could not move there. */
  next?: { to: string; problem?: string };
  /** Small enough to be moved while the program starts; else the command line does it. */
  canMove: boolean;
  moveCommand: string;
}

/** Keys that can be set here; every other way is in Secrets and Settings. */
export const keyProviders = { anthropic: 'ANTHROPIC_API_KEY', openai: 'OPENAI_API_KEY' } as const;
export type KeyProvider = keyof typeof keyProviders;

/** Programs that serve models on this machine, with the port that each listens on unless told otherwise. */
export const localServers = [
  { id: 'ollama', label: 'Ollama', port: 11_434 },
  { id: 'lmstudio', label: 'LM Studio', port: 1234 },
  { id: 'llamacpp', label: 'llama.cpp', port: 8080 },
  { id: 'vllm', label: 'vLLM', port: 8000 },
] as const;

/** A program on this machine that answered with a list of models. */
export interface LocalServer {
  /** Name below `providers` in agentrail.yaml. */
  id: string;
  label: string;
  port: number;
  baseUrl: string;
  models: string[];
}

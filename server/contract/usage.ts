/** What runs used, by time. Cost in US dollars, times in milliseconds since 1970. */

export interface UsageSum {
  runs: number;
  failed: number;
  inputTokens: number;
  outputTokens: number;
  cost: number;
  /** Of all runs together, from their start to their end. */
  durationMs: number;
}

/** What one model took of it. */
export interface ModelUse {
  /** `provider:model` that its runs began with. */
  model: string;
  runs: number;
  tokens: number;
  cost: number;
}

export interface UsageBucket extends UsageSum {
  /** Its beginning. */
  at: number;
  /** Dearest first. Absent where it was not counted yet. */
  models?: ModelUse[];
}

export interface UsageHistory {
  /** The last 24, oldest first, those without a run too; the last one goes on. */
  hours: UsageBucket[];
  /** The last 30 days of the clock on the wall, likewise. */
  days: UsageBucket[];
}

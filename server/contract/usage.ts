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

export interface UsageBucket extends UsageSum {
  /** Its beginning. */
  at: number;
}

export interface UsageHistory {
  /** The last 24, oldest first, those without a run too; the last one goes on. */
  hours: UsageBucket[];
  /** The last 30 days of the clock on the wall, likewise. */
  days: UsageBucket[];
}

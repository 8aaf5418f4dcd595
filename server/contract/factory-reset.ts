/** Starting over with a data directory. */

export interface ResetWish {
  /** `agentrail.yaml` stays. */
  keepSettings: boolean;
  /** Milliseconds since 1970. */
  askedAt: number;
}

export interface ResetPlan {
  /** Names in the data directory. */
  goes: string[];
  stays: string[];
  /** Absolute: copies of earlier data that lie outside of it, and stay. */
  elsewhere: string[];
}

export interface ResetState {
  plan: ResetPlan;
  /** Carried out at the next start. */
  pending?: ResetWish;
}

/** What a person types, so that no slip of the hand does it. */
export const resetWord = 'reset';

import type { ChecklistEvidence, ChecklistId, ChecklistResult } from '../contract/checklist.ts';
import type { ChecklistSurroundings } from './surroundings.ts';

/** What a check found. */
export interface Finding extends Pick<ChecklistResult, 'state' | 'code' | 'fix' | 'fixValue'> {
  params?: Record<string, string | number>;
  evidence: ChecklistEvidence[];
}

/** One item of the checklist. It changes nothing that lasts. A rejection counts as could not check. */
export interface Check {
  id: ChecklistId;
  /** Default 10,000. */
  timeoutMs?: number;
  run(at: ChecklistSurroundings, signal: AbortSignal): Promise<Finding>;
}

export function seen(name: string, value: string | number): ChecklistEvidence {
  return { name, value: String(value) };
}

import {
  type ChecklistId,
  type ChecklistItem,
  type ChecklistReport,
  type ChecklistState,
  type ChecklistWaiver,
  checklistIds,
} from '../contract/checklist.ts';
import type { KeptChecklist } from './checklist-file.ts';

/** How much worse a state is than a good one. */
const weights: Record<ChecklistState, number> = {
  passed: 0,
  not_applicable: 0,
  could_not_check: 1,
  warning: 1,
  failed: 2,
};

export function needsFix(state: ChecklistState): boolean {
  return weights[state] > 0;
}

/** An expired waiver counts no more, and neither does one for something less bad. */
export function doesWaive(waiver: ChecklistWaiver, state: ChecklistState, now: number): boolean {
  return waiver.expiresAt > now && weights[state] <= weights[waiver.state];
}

export function itemOf(id: ChecklistId, { results, waivers }: KeptChecklist, now: number): ChecklistItem {
  const [result, waiver] = [results[id], waivers[id]];
  const isWaived = result !== undefined && waiver !== undefined && doesWaive(waiver, result.state, now);
  return { id, ...(result && { result }), ...(waiver && { waiver }), isWaived: isWaived && needsFix(result.state) };
}

export function reportOf(kept: KeptChecklist, { version, now }: { version: string; now: number }): ChecklistReport {
  const items = checklistIds.map((id) => itemOf(id, kept, now));
  const toFix = items.filter(({ result, isWaived }) => result && needsFix(result.state) && !isWaived).length;
  const isTested = items.every(({ result }) => result !== undefined);
  return {
    verdict: toFix > 0 ? 'not_ready' : isTested ? 'ready' : 'untested',
    ...{ toFix, waived: items.filter(({ isWaived }) => isWaived).length, version, madeAt: now, items },
  };
}

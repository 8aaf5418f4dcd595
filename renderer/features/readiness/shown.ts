import type { ChecklistItem, ChecklistState } from '../../../server/contract/checklist.ts';
import type { Tone } from '../../ui/state-dot.tsx';

export const shownKinds = ['all', 'fix', 'waived'] as const;
export type Shown = (typeof shownKinds)[number];

const needing: readonly ChecklistState[] = ['failed', 'warning', 'could_not_check'];

/** Something is left to do about it, waived or not. */
export function needsFix({ result }: ChecklistItem): boolean {
  return result !== undefined && needing.includes(result.state);
}

export function isShown(item: ChecklistItem, shown: Shown): boolean {
  if (shown === 'all') return true;
  return shown === 'waived' ? item.isWaived : needsFix(item) && !item.isWaived;
}

const tones: Record<ChecklistState, Tone> = {
  passed: 'ok',
  warning: 'warn',
  failed: 'bad',
  not_applicable: 'idle',
  could_not_check: 'warn',
};

export function toneOf({ result }: ChecklistItem): Tone {
  return result ? tones[result.state] : 'idle';
}

import { type Check, seen } from '../check.ts';

const dayMs = 86_400_000;
const oldDays = 30;

export const leaks: Check = {
  id: 'leaks',
  async run(at) {
    const sweep = await at.lastLeakSweep?.();
    const never = { state: 'could_not_check', code: 'leaks_never_swept', fix: 'open_secrets' } as const;
    if (sweep === undefined) return { ...never, evidence: [seen('last sweep', 'none')] };
    const { sweptAt, findings } = sweep;
    const evidence = [seen('last sweep', new Date(sweptAt).toISOString()), seen('findings', findings)];
    if (findings > 0)
      return { state: 'failed', code: 'leaks_found', params: { found: findings }, evidence, fix: 'open_secrets' };
    const days = Math.floor((at.now() - sweptAt) / dayMs);
    if (days > oldDays) return { state: 'warning', code: 'leaks_old', params: { days }, evidence, fix: 'open_secrets' };
    return { state: 'passed', code: 'leaks_none', evidence };
  },
};

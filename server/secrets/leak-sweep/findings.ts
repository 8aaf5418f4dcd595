import { createHash } from 'node:crypto';
import type { LeakFinding, LeakSweepReport, LeakSweepSummary } from '../../contract/leak-sweep.ts';
import type { Hit } from './byte-matcher.ts';
import { remedies } from './places.ts';

/** Of one secret in one place, named with line and offset. */
const mostShown = 5;
/** Listed; more are counted. */
export const mostFindings = 5000;

export type FoundIn = Pick<LeakFinding, 'kind' | 'place' | 'inside' | 'tenantId' | 'sessionId' | 'containerId'>;

/** What is found in one place, a line for each secret. */
export function collectHits(where: FoundIn) {
  const findings = new Map<string, LeakFinding>();
  return {
    add(hits: readonly Hit[]): void {
      for (const { name, isToken, isInForce, line, offset, isPlain } of hits) {
        const key = `${isToken} ${name}`;
        const known = findings.get(key);
        const at = { line, offset, isPlain };
        if (!known) {
          findings.set(key, {
            ...{ id: idOf(where, key), name, isToken, ...where, count: 1, at: [at], isInForce },
            ...{ remedy: remedies[where.kind], state: 'open' },
          });
          continue;
        }
        known.count += 1;
        known.isInForce ||= isInForce;
        if (known.at.length < mostShown) known.at.push(at);
      }
    },
    all: (): LeakFinding[] => [...findings.values()],
  };
}

/** The same for the same secret in the same place, so that what a person decided is known at the next search. */
function idOf({ kind, place, inside = '' }: FoundIn, key: string): string {
  return createHash('sha256').update([kind, place, inside, key].join('\0')).digest('hex').slice(0, 16);
}

export function summaryOf({ endedAt, findings, moreFindings, unreadCount }: LeakSweepReport): LeakSweepSummary {
  const open = findings.filter(({ state }) => state === 'open');
  return {
    sweptAt: endedAt,
    findings: open.length + moreFindings,
    inForce: open.filter(({ isInForce }) => isInForce).length,
    unread: unreadCount,
  };
}

/** Whoever replaced a value at its provider need not hear of the old one again. */
export function withDecisions(found: LeakFinding, before: LeakSweepReport | undefined): LeakFinding {
  const known = before?.findings.find(({ id }) => id === found.id);
  return known?.state === 'rotated' && !found.isInForce ? { ...found, state: 'rotated' } : found;
}

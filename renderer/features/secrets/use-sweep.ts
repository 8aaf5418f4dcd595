import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type {
  LeakSweepProgress,
  LeakSweepReport,
  LeakSweepState,
  ScrubOutcome,
  ScrubProgress,
} from '../../../server/contract/leak-sweep.ts';
import { answer, api } from '../../api/client.ts';
import { followProgress } from '../../api/progress.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { careKeys } from './care-queries.ts';

type Step = Extract<LeakSweepProgress | ScrubProgress, { type: 'step' }>;

interface Told {
  work: 'search' | 'scrub' | undefined;
  step: Step | undefined;
  /** Of a search that goes on. */
  found: number;
  fault: string | undefined;
  outcomes: readonly ScrubOutcome[];
}

const idle: Told = { work: undefined, step: undefined, found: 0, fault: undefined, outcomes: [] };

export interface Sweep extends Told {
  search(): Promise<void>;
  scrub(ids: string[]): Promise<void>;
  mark(ids: string[], state: 'open' | 'rotated'): Promise<void>;
  stop(): void;
}

/** One piece of work at a time; leaving the page ends it, and what was done by then is kept. */
export function useSweep(): Sweep {
  const faultText = useFaultText();
  const queries = useQueryClient();
  const [told, setTold] = useState(idle);
  const working = useRef<AbortController>(undefined);
  useEffect(() => () => working.current?.abort(), []);

  function keep(report: LeakSweepReport): void {
    queries.setQueryData<LeakSweepState>(careKeys.sweep, { isRunning: false, last: report });
  }

  async function follow(work: 'search' | 'scrub', path: string, body: BodyInit | undefined): Promise<void> {
    const leaving = new AbortController();
    working.current = leaving;
    setTold({ ...idle, work });
    let fault: string | undefined;
    let outcomes: readonly ScrubOutcome[] = [];
    try {
      const take = (progress: LeakSweepProgress | ScrubProgress) => {
        if (progress.type === 'step') setTold((before) => ({ ...before, step: progress }));
        else if (progress.type === 'finding') setTold((before) => ({ ...before, found: before.found + 1 }));
        else if (progress.type === 'failed') fault = progress.message;
        else {
          keep(progress.report);
          if ('outcomes' in progress) outcomes = progress.outcomes;
        }
      };
      await followProgress<LeakSweepProgress | ScrubProgress>(path, body, take, leaving.signal);
    } catch (error) {
      fault = faultText(error);
    }
    setTold({ ...idle, fault: leaving.signal.aborted ? undefined : fault, outcomes });
    await queries.invalidateQueries({ queryKey: careKeys.sweep });
  }

  return {
    ...told,
    search: () => follow('search', '/secrets/sweep', undefined),
    scrub: (ids) => follow('scrub', '/secrets/sweep/scrub', JSON.stringify({ ids })),
    async mark(ids, state) {
      keep(await answer<LeakSweepReport>(api.secrets.sweep.findings.$post({ json: { ids, state } })));
    },
    stop: () => working.current?.abort(),
  };
}

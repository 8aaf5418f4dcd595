import { useQuery, useQueryClient } from '@tanstack/react-query';
import { create } from 'zustand';
import type { CheckResult, DoctorProgress, DoctorReport } from '../../../../server/contract/doctor.ts';
import { ApiError, toApiError } from '../../../api/api-error.ts';
import { answer, api } from '../../../api/client.ts';
import { followProgress } from '../../../api/progress.ts';

export const doctorKeys = { last: ['doctor', 'last'], repairs: ['doctor', 'repairs'] } as const;

interface Round {
  /** Of the round that goes on; undefined: none does. */
  checks: readonly { name: string; title: string }[] | undefined;
  results: readonly CheckResult[];
  /** Of the check that reads sessions. */
  step: { done: number; total: number } | undefined;
  error: ApiError | undefined;
  leaving: AbortController | undefined;
}

const idle: Round = { checks: undefined, results: [], step: undefined, error: undefined, leaving: undefined };

/** Outlives the page: a person may look elsewhere while it goes on. */
const useRound = create<Round>(() => idle);

export interface DoctorView extends Round {
  report: DoctorReport | null | undefined;
  loadError: Error | null;
  run(): Promise<void>;
  stop(): void;
}

export function useDoctor(): DoctorView {
  const client = useQueryClient();
  const round = useRound();
  const { data, error } = useQuery({ queryKey: doctorKeys.last, queryFn: () => answer(api.doctor.$get()) });

  async function run(): Promise<void> {
    if (useRound.getState().leaving) return;
    const leaving = new AbortController();
    useRound.setState({ ...idle, leaving, checks: [] });
    let failure: ApiError | undefined;
    const take = (progress: DoctorProgress) => {
      if (progress.type === 'begin') useRound.setState({ checks: progress.checks });
      else if (progress.type === 'result')
        useRound.setState(({ results }) => ({ results: [...results, progress.result] }));
      else if (progress.type === 'step') useRound.setState({ step: progress });
      else if (progress.type === 'done') client.setQueryData(doctorKeys.last, { report: progress.report });
      else failure = new ApiError(progress.code, progress.message);
    };
    try {
      await followProgress<DoctorProgress>('/doctor/run', undefined, take, leaving.signal);
    } catch (thrown) {
      failure = toApiError(thrown);
    }
    useRound.setState({ ...idle, error: failure });
    await client.invalidateQueries({ queryKey: doctorKeys.repairs });
  }

  return { ...round, report: data?.report, loadError: error, run, stop: () => round.leaving?.abort() };
}

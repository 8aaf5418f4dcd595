import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  type ChecklistId,
  type ChecklistItem,
  type ChecklistProgress,
  type ChecklistReport,
  checklistIds,
} from '../../../server/contract/checklist.ts';
import { answer, api } from '../../api/client.ts';
import { followProgress } from '../../api/progress.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { showFault } from '../../ui/toast.tsx';

const key = ['checklist'];

export function useChecklist() {
  return useQuery({ queryKey: key, queryFn: () => answer(api.checklist.$get()) });
}

function put(client: QueryClient, report: ChecklistReport): void {
  client.setQueryData<ChecklistReport>(key, report);
}

function putItem(client: QueryClient, item: ChecklistItem): void {
  client.setQueryData<ChecklistReport>(
    key,
    (before) => before && { ...before, items: before.items.map((each) => (each.id === item.id ? item : each)) },
  );
}

export interface Testing {
  /** Not told of yet. */
  waiting: ReadonlySet<ChecklistId>;
  done: number;
  total: number;
}

export interface ChecklistTest {
  /** Undefined while nothing is tested. */
  testing: Testing | undefined;
  test(ids?: readonly ChecklistId[]): Promise<void>;
  stop(): void;
}

/** One test at a time; leaving the page ends it, and what was found until then is kept. */
export function useChecklistTest(): ChecklistTest {
  const { t } = useTranslation();
  const client = useQueryClient();
  const faultText = useFaultText();
  const [testing, setTesting] = useState<Testing>();
  const working = useRef<AbortController>(undefined);
  useEffect(() => () => working.current?.abort(), []);

  async function test(ids?: readonly ChecklistId[]): Promise<void> {
    working.current?.abort();
    const leaving = new AbortController();
    working.current = leaving;
    const wanted = ids ?? checklistIds;
    setTesting({ waiting: new Set(wanted), done: 0, total: wanted.length });
    const take = (progress: ChecklistProgress) => {
      if (progress.type === 'item') {
        putItem(client, progress.item);
        setTesting((before) => before && { ...before, waiting: without(before.waiting, progress.item.id) });
      } else if (progress.type === 'step') {
        const { done, total } = progress;
        setTesting((before) => before && { ...before, done, total });
      } else if (progress.type === 'done') put(client, progress.report);
      else if (!leaving.signal.aborted) showFault(t('readiness.failed'), progress.message);
    };
    try {
      const body = JSON.stringify(ids ? { ids } : {});
      await followProgress<ChecklistProgress>('/checklist/run', body, take, leaving.signal);
    } catch (fault) {
      showFault(t('readiness.failed'), faultText(fault));
    }
    if (working.current === leaving) setTesting(undefined);
    await client.invalidateQueries({ queryKey: key });
  }

  return { testing, test, stop: () => working.current?.abort() };
}

function without(ids: ReadonlySet<ChecklistId>, id: ChecklistId): ReadonlySet<ChecklistId> {
  return new Set([...ids].filter((each) => each !== id));
}

/** What changes an item. Each rejects after the person was told. */
export function useChecklistChanges() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const faultText = useFaultText();
  async function change(title: string, call: () => Promise<ChecklistReport>): Promise<void> {
    try {
      put(client, await call());
    } catch (fault) {
      showFault(title, faultText(fault));
      throw fault;
    }
  }
  return {
    fix: (id: ChecklistId, origins?: string[]) =>
      change(t('readiness.fixFailed'), () =>
        answer(api.checklist[':id'].fix.$post({ param: { id }, json: origins ? { origins } : {} })),
      ),
    waive: (id: ChecklistId, reason: string, expiresAt: number) =>
      change(t('readiness.waiverFailed'), () =>
        answer(api.checklist[':id'].waiver.$put({ param: { id }, json: { reason, expiresAt } })),
      ),
    endWaiver: (id: ChecklistId) =>
      change(t('readiness.waiverFailed'), () => answer(api.checklist[':id'].waiver.$delete({ param: { id } }))),
  };
}

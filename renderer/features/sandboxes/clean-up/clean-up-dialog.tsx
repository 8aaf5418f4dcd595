import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CleanUpItem, CleanUpPlan, CleanUpProgress } from '../../../../server/contract/clean-up.ts';
import { cliCommands } from '../../../../server/contract/cli-commands.ts';
import { toApiError } from '../../../api/api-error.ts';
import { answer, api } from '../../../api/client.ts';
import { followProgress } from '../../../api/progress.ts';
import { useCommandText } from '../../../api/use-command-text.ts';
import { useFaultText } from '../../../api/use-fault-text.ts';
import { useFormat } from '../../../i18n/format.ts';
import { ServerText } from '../../../i18n/server-text.tsx';
import { AsCommand } from '../../../ui/as-command.tsx';
import { Button } from '../../../ui/button.tsx';
import { Checkbox } from '../../../ui/checkbox.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { ErrorState } from '../../../ui/error-state.tsx';
import { Notice } from '../../../ui/notice.tsx';
import { Progress } from '../../../ui/progress.tsx';
import { SkeletonRows } from '../../../ui/skeleton.tsx';
import { showFault } from '../../../ui/toast.tsx';
import { CleanUpList } from './clean-up-list.tsx';
import { CleanUpResult } from './clean-up-result.tsx';

type Done = Extract<CleanUpProgress, { type: 'done' }>;

/** First what could go, item by item; then what is ticked goes, and what that freed was measured. */
export function CleanUpDialog({ open, onClose }: { open: boolean; onClose(): void }) {
  const { t } = useTranslation();
  return (
    <Dialog
      wide
      open={open}
      onClose={onClose}
      title={t('sandboxes.tools.cleanUp.title')}
      description={t('sandboxes.tools.cleanUp.sub')}
    >
      {open && <Content onClose={onClose} />}
    </Dialog>
  );
}

function Content({ onClose }: { onClose(): void }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const queries = useQueryClient();
  const [progress, setProgress] = useState<{ done: number; total: number }>();
  const [result, setResult] = useState<Done>();
  const working = useRef<AbortController>(undefined);
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ['clean-up'],
    queryFn: () => answer(api['clean-up'].$get()),
    staleTime: 0,
    gcTime: 0,
  });

  const apply = async (ids: readonly string[], savesWorkspaces: boolean) => {
    const leaving = new AbortController();
    working.current = leaving;
    setProgress({ done: 0, total: ids.length });
    try {
      const body = JSON.stringify({ ids, savesWorkspaces });
      await followProgress<CleanUpProgress>(
        '/clean-up',
        body,
        (told) => (told.type === 'done' ? setResult(told) : setProgress({ done: told.done, total: told.total })),
        leaving.signal,
      );
    } catch (fault) {
      showFault(faultText(fault));
    } finally {
      setProgress(undefined);
      await queries.invalidateQueries({ queryKey: ['clean-up'] });
    }
  };

  if (progress) {
    return (
      <div className="grid gap-2 py-4">
        <p className="tabular" role="status">
          {t('sandboxes.tools.cleanUp.progress', progress)}
        </p>
        <Progress
          label={t('sandboxes.tools.cleanUp.title')}
          value={(progress.done / Math.max(1, progress.total)) * 100}
        />
        <Button className="w-fit" size="small" onClick={() => working.current?.abort()}>
          {t('sandboxes.tools.cleanUp.stop')}
        </Button>
      </div>
    );
  }
  if (error)
    return <ErrorState message={faultText(error)} code={toApiError(error).code} onRetry={() => void refetch()} />;
  return (
    <>
      {result && <CleanUpResult result={result} />}
      {!data || isFetching ? (
        <SkeletonRows />
      ) : (
        <Plan
          plan={data.plan}
          onApply={apply}
          onAgain={() => {
            setResult(undefined);
            void refetch();
          }}
          onClose={onClose}
        />
      )}
    </>
  );
}

interface PlanProps {
  plan: CleanUpPlan;
  onApply(ids: readonly string[], savesWorkspaces: boolean): Promise<void>;
  onAgain(): void;
  onClose(): void;
}

function Plan({ plan, onApply, onAgain, onClose }: PlanProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [saves, setSaves] = useState(true);
  const chosen: CleanUpItem[] = plan.items.filter(({ id }) => !left.has(id));
  const size = format.bytes(chosen.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  const hasWorkspaces = chosen.some(({ kind }) => kind === 'workspace');
  const commandText = useCommandText();
  const named = cliCommands.sandboxesClean(
    chosen.map(({ id }) => id),
    saves && hasWorkspaces,
  );
  return (
    <>
      {plan.problem !== undefined && (
        <Notice tone="warn">
          <ServerText>{plan.problem}</ServerText>
        </Notice>
      )}
      {plan.items.length === 0 ? (
        <EmptyState>{t('sandboxes.tools.cleanUp.none')}</EmptyState>
      ) : (
        <CleanUpList items={plan.items} left={left} onLeave={setLeft} />
      )}
      {plan.kept.length > 0 && (
        <details className="mt-3">
          <summary className="w-fit text-dim hover:text-text">
            {t('sandboxes.tools.cleanUp.kept')} ({plan.kept.length})
          </summary>
          <ul className="mt-1.5 grid gap-1.5">
            {plan.kept.map(({ name, reason }) => (
              <li key={name} className="[overflow-wrap:anywhere]">
                <span className="mono">{name}</span>
                <span className="block text-dim text-small">{reason}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
      {hasWorkspaces && (
        <div className="mt-3 flex items-center gap-2.5">
          <Checkbox label={t('sandboxes.tools.cleanUp.save')} checked={saves} onChange={setSaves} />
          <span>
            {t('sandboxes.tools.cleanUp.save')}
            <span className="block text-dim text-small">{t('sandboxes.tools.cleanUp.saveHint')}</span>
          </span>
        </div>
      )}
      {chosen.length > 0 && <AsCommand command={commandText(named)} />}
      <div className="mt-4 flex flex-wrap justify-end gap-2">
        <Button onClick={onAgain}>{t('sandboxes.tools.cleanUp.again')}</Button>
        {plan.items.length === 0 ? (
          <Button look="primary" onClick={onClose}>
            {t('sandboxes.tools.cleanUp.done')}
          </Button>
        ) : (
          <Button
            look="destroy"
            disabled={chosen.length === 0}
            onClick={() =>
              void onApply(
                chosen.map(({ id }) => id),
                saves,
              )
            }
          >
            {t('sandboxes.tools.cleanUp.remove', { count: chosen.length, size })}
          </Button>
        )}
      </div>
    </>
  );
}

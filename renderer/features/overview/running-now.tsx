import { IconMessage2 } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { useShallow } from 'zustand/react/shallow';
import type { RunInfo } from '../../../server/contract/chat.ts';
import { answer, api } from '../../api/client.ts';
import { sessionHref } from '../../api/links.ts';
import { useKnown } from '../../api/live-context.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Card, CardRow } from '../../ui/card.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { StateDot } from '../../ui/state-dot.tsx';
import { showFault } from '../../ui/toast.tsx';
import { useNow } from '../../ui/use-now.ts';

export function RunningNow() {
  const { t } = useTranslation();
  const runs = useKnown(useShallow((live) => live.runs.filter((run) => run.status === 'running')));
  return (
    <Card title={t('overview.running.title')} aside={runs.length > 0 ? t('overview.running.aside') : undefined}>
      {runs.length === 0 ? (
        <EmptyState
          isSlim
          icon={<IconMessage2 size={16} stroke={1.5} aria-hidden />}
          action={
            <Link href="/playground" className={buttonClass({ size: 'small' })}>
              {t('overview.running.open')}
            </Link>
          }
        >
          {t('overview.running.empty')}
        </EmptyState>
      ) : (
        runs.map((run) => <RunRow key={run.runId} run={run} />)
      )}
    </Card>
  );
}

function RunRow({ run }: { run: RunInfo }) {
  const { t } = useTranslation();
  const format = useFormat();
  const faultText = useFaultText();
  const now = useNow(1000);
  const abort = useMutation({
    mutationFn: () => answer(api.runs[':runId'].abort.$post({ param: { runId: run.runId } })),
    onError: (error) => showFault(faultText(error)),
  });
  const isAborting = abort.isPending || abort.isSuccess;
  const where = t('overview.running.note', { agent: run.agentId, session: run.sessionId.slice(0, 12), turn: run.turn });
  return (
    <CardRow
      lead={<StateDot tone="ok" />}
      title={
        <Link href={sessionHref(run)} className="hover:text-accent hover:underline">
          {run.title || run.runId}
        </Link>
      }
      note={[where, run.instance && t('overview.running.elsewhere', { host: run.instance }), run.activity]
        .filter(Boolean)
        .join(' · ')}
      actions={
        <>
          <span className="mono tabular text-dim">{format.stopwatch(now - run.startedAt)}</span>
          <Button size="small" disabled={isAborting} onClick={() => abort.mutate()}>
            {isAborting ? t('overview.running.aborting') : t('overview.running.abort')}
          </Button>
        </>
      }
    />
  );
}

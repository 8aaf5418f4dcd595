import { IconListCheck, IconRefresh } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useSearch } from 'wouter';
import { type ChecklistGroup, type ChecklistReport, checklistGroups } from '../../../server/contract/checklist.ts';
import { toApiError } from '../../api/api-error.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { Card, cardClass } from '../../ui/card.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { Progress } from '../../ui/progress.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { useNow } from '../../ui/use-now.ts';
import { ExportLinks } from './export-links.tsx';
import { ItemRow } from './item-row.tsx';
import { isShown, type Shown, shownKinds } from './shown.ts';
import { type ChecklistTest, useChecklist, useChecklistTest } from './use-checklist.ts';
import { useLinkedItem } from './use-linked-item.ts';

/** Whether others may depend on this server. What a load balancer is told is on the Health page. */
export default function ReadinessPage() {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const { data: report, error, refetch } = useChecklist();
  const tests = useChecklistTest();
  useAskedTest(tests);
  const isNever = report?.items.every(({ result }) => result === undefined) ?? false;
  return (
    <>
      <PageHead
        title={useTitle(report, isNever)}
        sub={report && !isNever ? <StateLine report={report} /> : t('readiness.sub')}
        actions={
          report && (
            <>
              {!isNever && <ExportLinks />}
              <Button look="primary" disabled={tests.testing !== undefined} onClick={() => void tests.test()}>
                <IconRefresh size={15} stroke={1.5} aria-hidden />
                {t('readiness.testAll')}
              </Button>
            </>
          )
        }
      />
      {tests.testing && <TestLine tests={tests} />}
      {report ? (
        isNever && !tests.testing ? (
          <div className={cardClass}>
            <EmptyState
              icon={<IconListCheck size={22} stroke={1.5} aria-hidden />}
              action={
                <Button size="small" onClick={() => void tests.test()}>
                  {t('readiness.testNow')}
                </Button>
              }
            >
              {t('readiness.empty')}
            </EmptyState>
          </div>
        ) : (
          <Items report={report} tests={tests} />
        )
      ) : (
        <div className={cardClass}>
          {error ? (
            <ErrorState message={faultText(error)} code={toApiError(error).code} onRetry={() => void refetch()} />
          ) : (
            <SkeletonRows rows={8} />
          )}
        </div>
      )}
    </>
  );
}

/** `/readiness?test=all`, from the command palette, tests at once, and not again when the page is reloaded. */
function useAskedTest({ testing, test }: ChecklistTest): void {
  const isAsked = new URLSearchParams(useSearch()).get('test') === 'all';
  const [, navigate] = useLocation();
  useEffect(() => {
    if (!isAsked || testing) return;
    navigate('/readiness', { replace: true });
    void test();
  });
}

function useTitle(report: ChecklistReport | undefined, isNever: boolean): string {
  const { t } = useTranslation();
  if (!report) return t('readiness.titles.first');
  if (isNever) return t('readiness.titles.never');
  if (report.verdict === 'not_ready') return t('readiness.titles.not_ready', { count: report.toFix });
  return t(`readiness.titles.${report.verdict}`);
}

function StateLine({ report }: { report: ChecklistReport }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(30_000);
  const last = Math.max(...report.items.map(({ result }) => result?.testedAt ?? 0));
  const parts = [
    t('readiness.tested', { when: format.relative(Math.min(last, now), now) }),
    report.waived > 0 && t('readiness.waived', { count: report.waived }),
  ];
  return <span className="tabular">{parts.filter(Boolean).join(' · ')}</span>;
}

function TestLine({ tests: { testing, stop } }: { tests: ChecklistTest }) {
  const { t } = useTranslation();
  const { done = 0, total = 1 } = testing ?? {};
  const label = t('readiness.testing', { done, total });
  return (
    <div role="status" className={`${cardClass} mb-3.5 flex items-center gap-3 px-3.5 py-2.5`}>
      <span className="tabular shrink-0">{label}</span>
      <div className="min-w-0 flex-1">
        <Progress label={label} value={(done / total) * 100} />
      </div>
      <Button size="small" onClick={stop}>
        {t('readiness.stop')}
      </Button>
    </div>
  );
}

function Items({ report, tests }: { report: ChecklistReport; tests: ChecklistTest }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState<Shown>('all');
  const { isOpen, toggle } = useLinkedItem();
  const segments = shownKinds.map((value) => ({
    value,
    label: t(`readiness.shown.${value}`),
    count: report.items.filter((item) => isShown(item, value)).length,
  }));
  const groups = (Object.keys(checklistGroups) as ChecklistGroup[]).map((group) => ({
    group,
    items: report.items.filter((item) => checklistGroups[group].some((id) => id === item.id) && isShown(item, shown)),
  }));
  const some = groups.filter(({ items }) => items.length > 0);
  return (
    <div className="grid gap-3.5">
      <div className="flex">
        <Segmented<Shown> label={t('readiness.show')} value={shown} onChange={setShown} segments={segments} />
      </div>
      {some.length === 0 && (
        <div className={cardClass}>
          <EmptyState>{t('readiness.nothingShown')}</EmptyState>
        </div>
      )}
      {some.map(({ group, items }) => (
        <Card key={group} title={t(`readiness.groups.${group}`)}>
          <ul>
            {items.map((item) => (
              <ItemRow
                key={item.id}
                item={item}
                isOpen={isOpen(item.id)}
                onToggle={() => toggle(item.id)}
                isBusy={tests.testing !== undefined}
                isTesting={tests.testing?.waiting.has(item.id) ?? false}
                onTest={() => void tests.test([item.id])}
              />
            ))}
          </ul>
        </Card>
      ))}
    </div>
  );
}

import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { OverviewFacts } from '../../../server/console/api.ts';
import { toApiError } from '../../api/api-error.ts';
import { answer, api } from '../../api/client.ts';
import { queryKeys } from '../../api/query-client.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { Select } from '../../ui/select.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { Cell, HeadCell, Row, Table } from '../../ui/table.tsx';
import { allModels, amountsOf, type Measure, measures, modelsOf } from './cost-by-model.ts';

const UsageChart = lazy(() => import('../../parts/usage-chart.tsx'));

/** What runs of the last thirty days took, by day and by model. */
export function CostDialog({ open, onClose }: { open: boolean; onClose(): void }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const { data, error, refetch } = useQuery({
    queryKey: queryKeys.overview,
    queryFn: () => answer<OverviewFacts>(api.overview.$get()),
    enabled: open,
  });
  return (
    <Dialog open={open} onClose={onClose} wide title={t('sessions.cost.title')} description={t('sessions.cost.note')}>
      {error ? (
        <ErrorState message={faultText(error)} code={toApiError(error).code} onRetry={() => void refetch()} />
      ) : data ? (
        <CostView days={data.usage.days} />
      ) : (
        <Skeleton className="h-48" />
      )}
    </Dialog>
  );
}

function CostView({ days }: { days: OverviewFacts['usage']['days'] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [measure, setMeasure] = useState<Measure>('cost');
  const [model, setModel] = useState(allModels);
  const models = modelsOf(days);
  if (models.length === 0) return <EmptyState>{t('sessions.cost.empty')}</EmptyState>;
  const values = amountsOf(days, measure, model);
  const show = measure === 'cost' ? format.money : measure === 'tokens' ? format.compact : format.number;
  const total = show(values.reduce((sum, value) => sum + value, 0));
  const shown = model === allModels ? t('sessions.cost.allModels') : model;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <Segmented<Measure>
          label={t('sessions.cost.measure')}
          value={measure}
          onChange={setMeasure}
          segments={measures.map((value) => ({ value, label: t(`sessions.cost.measures.${value}`) }))}
        />
        <Select
          label={t('sessions.cost.model')}
          value={model}
          onChange={setModel}
          options={[
            { value: allModels, label: t('sessions.cost.allModels') },
            ...models.map((each) => ({ value: each.model, label: each.model })),
          ]}
          className="!w-auto min-w-0 max-w-64 flex-1"
        />
        <span className="tabular ml-auto text-dim">{t('sessions.cost.total', { total })}</span>
      </div>
      <div className="-mx-2">
        <Suspense fallback={<Skeleton className="h-36" />}>
          <UsageChart
            key={`${measure} ${model}`}
            label={t('sessions.cost.chart', { measure: t(`sessions.cost.measures.${measure}`), model: shown, total })}
            times={days.map(({ at }) => at / 1000)}
            values={values}
            show={show}
            time={format.day}
          />
        </Suspense>
      </div>
      <Table label={t('sessions.cost.byModel')}>
        <thead>
          <tr>
            <HeadCell className="w-full pl-1">{t('sessions.cost.model')}</HeadCell>
            {measures.map((each) => (
              <HeadCell key={each} className="text-right">
                {t(`sessions.cost.measures.${each}`)}
              </HeadCell>
            ))}
          </tr>
        </thead>
        <tbody>
          {models.map((each) => (
            <Row key={each.model}>
              <Cell className="mono max-w-0 truncate pl-1">{each.model}</Cell>
              <Cell className="text-right">{format.money(each.cost)}</Cell>
              <Cell className="text-right">{format.compact(each.tokens)}</Cell>
              <Cell className="text-right">{format.number(each.runs)}</Cell>
            </Row>
          ))}
        </tbody>
      </Table>
      <details className="text-small">
        <summary className="w-fit text-dim hover:text-text">{t('sessions.cost.asTable')}</summary>
        <ul className="tabular mt-2 grid grid-cols-2 gap-x-6 wide:grid-cols-3">
          {days.map(({ at }, place) => (
            <li key={at} className="flex justify-between gap-3">
              <span className="text-dim">{format.day(at)}</span>
              {show(values[place] ?? 0)}
            </li>
          ))}
        </ul>
      </details>
    </div>
  );
}

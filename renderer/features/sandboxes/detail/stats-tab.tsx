import { useTranslation } from 'react-i18next';
import { useFormat } from '../../../i18n/format.ts';
import { Card } from '../../../ui/card.tsx';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { Cell, HeadCell, Row, Table } from '../../../ui/table.tsx';
import { useStats } from '../stats-history.ts';
import { TimeChart } from './time-chart.tsx';

const tableRows = 20;

export default function StatsTab({ id, memoryLimitBytes }: { id: string; memoryLimitBytes: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const stats = useStats(id);
  const charts = [
    { key: 'cpu', values: stats.map(({ cpuPct }) => cpuPct), most: 100, isBytes: false, show: format.percent },
    {
      key: 'memory',
      values: stats.map(({ memoryBytes }) => memoryBytes),
      most: memoryLimitBytes / 8,
      isBytes: true,
      show: format.bytes,
    },
    { key: 'pids', values: stats.map(({ pids }) => pids), most: 10, isBytes: false, show: format.number },
  ] as const;
  const times = stats.map(({ at }) => at / 1000);
  if (stats.length === 0) {
    return (
      <Card>
        <EmptyState>{t('sandboxes.detail.stats.none')}</EmptyState>
      </Card>
    );
  }
  return (
    <>
      <div className="grid gap-3.5 wide:grid-cols-3">
        {charts.map(({ key, values, most, isBytes, show }) => (
          <Card key={key} title={t(`sandboxes.detail.stats.${key}`)} aside={show(values.at(-1) ?? 0)}>
            <TimeChart
              label={`${t(`sandboxes.detail.stats.${key}`)}: ${t('sandboxes.detail.stats.now', {
                value: show(values.at(-1) ?? 0),
                least: show(Math.min(...values)),
                most: show(Math.max(...values)),
              })}`}
              times={times}
              values={values}
              atLeast={most}
              isBytes={isBytes}
              show={show}
            />
          </Card>
        ))}
      </div>
      <details className="mt-3.5">
        <summary className="w-fit text-dim hover:text-text">{t('sandboxes.detail.stats.table')}</summary>
        <Table label={t('sandboxes.detail.tabs.stats')}>
          <thead>
            <tr>
              <HeadCell>{t('sandboxes.detail.stats.time')}</HeadCell>
              {charts.map(({ key }) => (
                <HeadCell key={key}>{t(`sandboxes.detail.stats.${key}`)}</HeadCell>
              ))}
            </tr>
          </thead>
          <tbody>
            {stats
              .slice(-tableRows)
              .toReversed()
              .map(({ at, cpuPct, memoryBytes, pids }) => (
                <Row key={at}>
                  <Cell>{format.time(at)}</Cell>
                  <Cell>{format.percent(cpuPct)}</Cell>
                  <Cell>{format.bytes(memoryBytes)}</Cell>
                  <Cell>{pids}</Cell>
                </Row>
              ))}
          </tbody>
        </Table>
      </details>
    </>
  );
}

import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { HealthReport } from '../../../server/console/api.ts';
import { type VitalSample, type VitalSpan, vitalSpans } from '../../../server/contract/measures.ts';
import { answer, api } from '../../api/client.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { Card } from '../../ui/card.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { VitalChart } from './vital-chart.tsx';
import { pointsOf } from './vital-points.ts';

const mebibyte = 1024 * 1024;
const longestWaitMs = 60_000;
const leastSpanSeconds = 120;
const none: VitalSample[] = [];
const spans: VitalSpan[] = ['minutes', 'day'];

/** How the process does, from what the server remembers of itself. */
export function Vitals({ report }: { report: HealthReport }) {
  const { t } = useTranslation();
  const format = useFormat();
  const faultText = useFaultText();
  const [span, setSpan] = useState<VitalSpan>('minutes');
  const { stepMs, spanMs } = vitalSpans[span];
  const { data, error, dataUpdatedAt } = useQuery({
    queryKey: ['health', 'vitals', span],
    queryFn: () => answer(api.health.vitals.$get({ query: { span } })),
    refetchInterval: Math.min(stepMs, longestWaitMs),
  });
  const samples = data ?? none;
  const series = useMemo(
    () => ({
      lag: pointsOf(samples, stepMs, ({ lagMs }) => lagMs),
      memory: pointsOf(samples, stepMs, ({ memoryBytes }) => memoryBytes),
      cpu: pointsOf(samples, stepMs, ({ cpuPct }) => cpuPct),
      disk: pointsOf(samples, stepMs, ({ diskFreeBytes }) => diskFreeBytes),
    }),
    [samples, stepMs],
  );
  const { disk, process } = report;
  const latest = samples.at(-1);
  const end = Math.max(latest?.at ?? 0, dataUpdatedAt) / 1000;
  const shared = {
    // Just after a start the line is not squeezed into a corner.
    range: [
      Math.max(end - spanMs / 1000, Math.min((samples[0]?.at ?? 0) / 1000, end - leastSpanSeconds)),
      end,
    ] as const,
    time: format.hour,
  };
  return (
    <Card
      title={t('health.vitals.title')}
      aside={
        <Segmented<VitalSpan>
          label={t('health.vitals.span')}
          value={span}
          onChange={setSpan}
          segments={spans.map((value) => ({ value, label: t(`health.vitals.spans.${value}`) }))}
        />
      }
    >
      {error && (
        <div className="px-3.5 pt-3">
          <Notice tone="bad">{faultText(error)}</Notice>
        </div>
      )}
      <div className="grid grid-cols-2 gap-px overflow-hidden rounded-b-[10px] bg-line-soft wide:grid-cols-4">
        <VitalChart
          {...shared}
          label={t('health.vitals.lag')}
          note={t('health.vitals.lagNote')}
          points={series.lag}
          latest={latest?.lagMs}
          atLeast={20}
          show={format.duration}
        />
        <VitalChart
          {...shared}
          label={t('health.vitals.memory')}
          note={t('health.vitals.memoryNote', { count: process.openHandles })}
          points={series.memory}
          latest={latest?.memoryBytes}
          atLeast={64 * mebibyte}
          isBytes
          show={format.bytes}
        />
        <VitalChart
          {...shared}
          label={t('health.vitals.cpu')}
          note={t('health.vitals.cpuNote', { uptime: format.duration(process.uptimeMs) })}
          points={series.cpu}
          latest={latest?.cpuPct}
          atLeast={10}
          show={format.percent}
        />
        <VitalChart
          {...shared}
          label={t('health.vitals.disk')}
          note={
            disk
              ? t('health.vitals.diskNote', {
                  used: format.bytes(disk.usedBytes),
                  total: format.bytes(disk.totalBytes),
                })
              : t('health.vitals.noDisk')
          }
          points={series.disk}
          latest={latest?.diskFreeBytes}
          atLeast={disk?.totalBytes ?? 1}
          isBytes
          show={format.bytes}
        />
      </div>
    </Card>
  );
}

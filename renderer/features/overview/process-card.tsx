import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ProcessUse } from '../../../server/console/api.ts';
import { useFormat } from '../../i18n/format.ts';
import { Card } from '../../ui/card.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { TinyLine } from './tiny-line.tsx';

/** Ten minutes at one look every ten seconds. */
const looksKept = 60;

/** What the console itself takes of this machine. */
export function ProcessCard({ process }: { process: ProcessUse | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [seen, setSeen] = useState<readonly ProcessUse[]>([]);
  useEffect(() => {
    if (process) setSeen((before) => [...before, process].slice(-looksKept));
  }, [process]);
  return (
    <Card
      title={t('overview.process.title')}
      aside={process && t('overview.process.up', { uptime: format.duration(process.uptimeMs) })}
    >
      {!process && <SkeletonRows rows={1} />}
      {process && (
        <dl className="tabular grid grid-cols-3 gap-3 px-3.5 py-3">
          <Measure
            name={t('overview.process.cpu')}
            value={format.percent(process.cpuPct)}
            values={seen.map(({ cpuPct }) => cpuPct)}
            atLeast={20}
          />
          <Measure
            name={t('overview.process.memory')}
            value={format.bytes(process.memoryBytes)}
            values={seen.map(({ memoryBytes }) => memoryBytes)}
            atLeast={256 * 1024 * 1024}
          />
          <Measure
            name={t('overview.process.handles')}
            value={format.number(process.openHandles)}
            values={seen.map(({ openHandles }) => openHandles)}
            atLeast={40}
          />
        </dl>
      )}
    </Card>
  );
}

interface MeasureProps {
  name: string;
  value: string;
  values: readonly number[];
  atLeast: number;
}

function Measure({ name, value, values, atLeast }: MeasureProps) {
  return (
    <div className="min-w-0">
      <dt title={name} className="truncate text-dim text-small">
        {name}
      </dt>
      <dd className="font-semibold">{value}</dd>
      <dd>
        <TinyLine values={values} atLeast={atLeast} places={looksKept} />
      </dd>
    </div>
  );
}

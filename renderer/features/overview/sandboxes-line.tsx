import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SandboxStats } from '../../../server/contract/sandbox.ts';
import { useInterest, useLiveEvents } from '../../api/live-context.ts';
import { useFormat } from '../../i18n/format.ts';
import { TinyLine } from './tiny-line.tsx';

/** One a second. */
const samplesShown = 60;

interface Use {
  cpuPct: number;
  memoryBytes: number;
}

function sumOf(stats: readonly SandboxStats[]): Use {
  return stats.reduce(
    (sum, { cpuPct, memoryBytes }) => ({ cpuPct: sum.cpuPct + cpuPct, memoryBytes: sum.memoryBytes + memoryBytes }),
    { cpuPct: 0, memoryBytes: 0 },
  );
}

/** What all sandboxes together use, over the last minute. Only while there are some: their use is only read when asked for. */
export function SandboxesLine() {
  const { t } = useTranslation();
  const format = useFormat();
  const [history, setHistory] = useState<readonly Use[]>([]);
  useInterest('stats');
  useLiveEvents((event) => {
    if (event.type === 'stats') setHistory((before) => [...before, sumOf(event.stats)].slice(-samplesShown));
  });
  const now = history.at(-1);
  return (
    <>
      <span className="block">
        {now && t('overview.figures.use', { cpu: format.percent(now.cpuPct), memory: format.bytes(now.memoryBytes) })}
      </span>
      <TinyLine values={history.map(({ cpuPct }) => cpuPct)} atLeast={100} places={samplesShown} />
    </>
  );
}

import { createContext, useContext } from 'react';
import { useTranslation } from 'react-i18next';
import type { SandboxInfo } from '../../../server/contract/sandbox.ts';
import { useFormat } from '../../i18n/format.ts';
import { Cell } from '../../ui/table.tsx';
import { Sparkline } from './sparkline.tsx';
import { useStats } from './stats-history.ts';

/** The time of the table, in milliseconds since 1970: one clock for all rows. */
export const NowContext = createContext(0);

export function CpuCell({ id }: { id: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const history = useStats(id);
  const stats = history.at(-1);
  return (
    <Cell>
      <Sparkline history={history} of={cpuOf} atLeast={100} />{' '}
      <span className="inline-block w-9 text-right">{stats ? format.percent(stats.cpuPct) : t('common.none')}</span>
    </Cell>
  );
}

export function MemoryCell({ id, limitBytes }: { id: string; limitBytes: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const history = useStats(id);
  const stats = history.at(-1);
  return (
    <Cell>
      <Sparkline history={history} of={memoryOf} atLeast={limitBytes / 4} />{' '}
      {stats
        ? t('sandboxes.memory', { used: format.bytes(stats.memoryBytes), limit: format.bytes(limitBytes) })
        : t('common.none')}
    </Cell>
  );
}

export function AgeCell({ sandbox: { createdAt, lastUsedAt } }: { sandbox: SandboxInfo }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useContext(NowContext);
  return (
    <Cell className="py-1">
      <span className="block">{format.relative(Math.min(createdAt, now), now)}</span>
      <span className="block text-faint text-small leading-[15px]">
        {t('sandboxes.usedAt', { at: format.relative(Math.min(lastUsedAt, now), now) })}
      </span>
    </Cell>
  );
}

export function EndsCell({ sandbox: { endsAt, isPooled } }: { sandbox: SandboxInfo }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useContext(NowContext);
  if (isPooled) return <Cell>{t('common.none')}</Cell>;
  return (
    <Cell>{endsAt === undefined ? t('sandboxes.endsWhileBusy') : format.relative(Math.max(endsAt, now), now)}</Cell>
  );
}

const cpuOf = ({ cpuPct }: { cpuPct: number }) => cpuPct;
const memoryOf = ({ memoryBytes }: { memoryBytes: number }) => memoryBytes;

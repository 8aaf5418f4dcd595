import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { TableVirtuoso } from 'react-virtuoso';
import type { AssistantMessage } from '../../../../server/contract/messages.ts';
import type { HistoryEntry } from '../../../../server/contract/sessions.ts';
import { useFormat } from '../../../i18n/format.ts';
import { cardClass } from '../../../ui/card.tsx';
import { cn } from '../../../ui/cn.ts';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { Cell, HeadCell } from '../../../ui/table.tsx';
import { callsOf } from './transcript-items.ts';

const columns = ['turn', 'time', 'model', 'input', 'output', 'cacheRead', 'cacheWrite', 'cost', 'end'] as const;
const numbers: ReadonlySet<string> = new Set(['turn', 'input', 'output', 'cacheRead', 'cacheWrite', 'cost']);

/** With the borders of the card; rows with theirs. */
const headHeight = 38;
const rowHeight = 41;

/** What each model call used, oldest first. */
export function UsageTab({ entries }: { entries: readonly HistoryEntry[] }) {
  const { t } = useTranslation();
  const calls = useMemo(() => callsOf(entries), [entries]);
  const most = Math.max(...calls.map(({ usage }) => usage.cost.total), 0);
  const box = cn(cardClass, 'min-h-0 flex-1 overflow-hidden');
  if (calls.length === 0) {
    return (
      <div className={box}>
        <EmptyState>{t('sessions.usage.empty')}</EmptyState>
      </div>
    );
  }
  return (
    <div className={box} style={{ maxHeight: headHeight + calls.length * rowHeight }}>
      <TableVirtuoso
        tabIndex={0}
        aria-label={t('sessions.tabs.usage')}
        role="group"
        className="tabular h-full outline-offset-[-2px]"
        data={calls}
        components={{ Table: UsageTable, TableRow }}
        fixedHeaderContent={() => (
          <tr>
            {columns.map((column) => (
              <HeadCell key={column} className={cn(numbers.has(column) && '!text-right')}>
                {t(`sessions.usage.${column}`)}
              </HeadCell>
            ))}
          </tr>
        )}
        itemContent={(index, call) => <UsageCells number={index + 1} call={call} most={most} />}
      />
    </div>
  );
}

function UsageTable(props: React.ComponentProps<'table'>) {
  return <table {...props} className="w-full border-collapse" />;
}

function TableRow(props: React.ComponentProps<'tr'>) {
  return <tr {...props} className="border-line-soft border-b last:border-b-0 hover:bg-hover" />;
}

function UsageCells({ number, call, most }: { number: number; call: AssistantMessage; most: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { usage, provider, model, stopReason, timestamp } = call;
  const share = most > 0 ? (usage.cost.total / most) * 100 : 0;
  return (
    <>
      <Cell className="text-right text-dim">{number}</Cell>
      <Cell className="text-dim">{format.dateTime(timestamp)}</Cell>
      <Cell className="mono max-w-60 truncate">{`${provider}:${model}`}</Cell>
      <Cell className="text-right">{format.number(usage.input)}</Cell>
      <Cell className="text-right">{format.number(usage.output)}</Cell>
      <Cell className="text-right">{format.number(usage.cacheRead)}</Cell>
      <Cell className="text-right">{format.number(usage.cacheWrite)}</Cell>
      <Cell className="relative text-right">
        {format.money(usage.cost.total)}
        <svg
          aria-hidden
          className="absolute right-3 bottom-1.5 h-[3px] w-16"
          viewBox="0 0 100 3"
          preserveAspectRatio="none"
        >
          <rect x={100 - share} width={share} height={3} className="fill-accent" />
        </svg>
      </Cell>
      <Cell className={stopReason === 'error' ? 'text-bad' : 'text-dim'}>{t(`sessions.usage.ends.${stopReason}`)}</Cell>
    </>
  );
}

import { IconHistory } from '@tabler/icons-react';
import { type RefObject, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { SessionRow } from '../../../server/contract/sessions.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { cardClass } from '../../ui/card.tsx';
import { cn } from '../../ui/cn.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { CostDialog } from './cost-dialog.tsx';
import { DeleteDialog } from './delete-dialog.tsx';
import { IndexingLine } from './indexing-line.tsx';
import { isFiltering, noFilter, type SessionFilter } from './session-filter.ts';
import { type GridPlace, SessionGrid } from './session-grid.tsx';
import { rowHeight } from './session-row.tsx';
import { keyOf } from './session-rows.ts';
import { SessionTools } from './session-tools.tsx';
import type { SessionRows } from './use-session-rows.ts';

/** With the borders of the card. */
const headHeight = 38;

interface Props {
  list: SessionRows;
  filter: SessionFilter;
  onFilter(change: Partial<SessionFilter>): void;
  place: RefObject<GridPlace>;
}

export function SessionsList({ list, filter, onFilter, place }: Props) {
  const { t } = useTranslation();
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const [isCostOpen, setCostOpen] = useState(false);
  const [doomed, setDoomed] = useState<readonly SessionRow[]>([]);
  const { rows, nextCursor, indexing } = list.known;
  const tenants = useMemo(() => [...new Set(rows.map(({ tenantId }) => tenantId))].sort(), [rows]);
  // Only what the list shows can be acted on.
  const selected = useMemo(
    () => (ticked.size === 0 ? [] : rows.filter((row) => ticked.has(keyOf(row)))),
    [rows, ticked],
  );
  const selectedKeys = useMemo(() => new Set(selected.map(keyOf)), [selected]);
  const isWhole = nextCursor === undefined && !indexing && !isFiltering(filter) && !list.isLoading && !list.error;
  return (
    <div className="flex h-full min-h-90 flex-col">
      <PageHead
        title={isWhole && rows.length > 0 ? t('sessions.title', { count: rows.length }) : t('sessions.titleAny')}
        sub={<ListLine list={list} filter={filter} />}
        actions={
          <>
            <Button onClick={() => setCostOpen(true)}>{t('sessions.cost.open')}</Button>
            <Link href="/data#retention" className={buttonClass()}>
              {t('sessions.retention')}
            </Link>
            <Link href="/playground" className={buttonClass({ look: 'primary' })}>
              {t('sessions.new')}
            </Link>
          </>
        }
      />
      {selected.length > 0 ? (
        <div className="mb-3 flex h-[30px] flex-wrap items-center gap-2">
          <span className="tabular font-medium">{t('sessions.selected', { count: selected.length })}</span>
          <Button look="danger" onClick={() => setDoomed(selected)}>
            {t('sessions.deleteSelected', { count: selected.length })}
          </Button>
          <Button look="quiet" onClick={() => setTicked(new Set())}>
            {t('sessions.clearSelection')}
          </Button>
        </div>
      ) : (
        <SessionTools filter={filter} onChange={onFilter} tenants={tenants} />
      )}
      <div
        className={cn(cardClass, 'flex min-h-0 flex-col overflow-hidden', rows.length > 0 && 'flex-1')}
        // A few sessions need no more room than they fill; found ones differ in height.
        style={isWhole && rows.length > 0 ? { maxHeight: headHeight + rows.length * rowHeight } : undefined}
      >
        {indexing && <IndexingLine progress={indexing} />}
        {rows.length > 0 ? (
          <SessionGrid
            // Another filter is another list: it starts at its newest session.
            key={JSON.stringify(filter)}
            list={list}
            place={place}
            ticked={selectedKeys}
            onTicked={setTicked}
            onDelete={setDoomed}
          />
        ) : (
          <NoRows list={list} filter={filter} onShowAll={() => onFilter(noFilter)} />
        )}
      </div>
      <CostDialog open={isCostOpen} onClose={() => setCostOpen(false)} />
      <DeleteDialog
        sessions={doomed}
        onClose={() => setDoomed([])}
        onDeleted={(keys) => {
          list.remove(keys);
          setTicked((before) => before.difference(keys));
        }}
      />
    </div>
  );
}

function ListLine({ list, filter }: { list: SessionRows; filter: SessionFilter }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { rows, nextCursor, isIncomplete, indexing } = list.known;
  const count = format.number(rows.length);
  const shown =
    nextCursor !== undefined
      ? t('sessions.subMore', { count, formatted: count })
      : isFiltering(filter)
        ? t('sessions.subFound', { count: rows.length, formatted: count })
        : t('sessions.sub');
  if (list.isLoading && rows.length === 0) return t('common.loading');
  if (indexing && !isFiltering(filter)) return t('sessions.indexing.sub', { count: rows.length, formatted: count });
  return (
    <span className="tabular" role="status">
      {isIncomplete ? `${shown} · ${t('sessions.incomplete')}` : shown}
    </span>
  );
}

function NoRows({ list, filter, onShowAll }: { list: SessionRows; filter: SessionFilter; onShowAll(): void }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const isBusy = list.isLoading || list.isLoadingMore || (list.known.nextCursor !== undefined && !list.error);
  if (list.known.indexing && isFiltering(filter)) return <EmptyState>{t('sessions.indexing.noMatch')}</EmptyState>;
  if (list.known.indexing) return <SkeletonRows rows={8} />;
  if (isBusy) return <SkeletonRows rows={8} />;
  if (list.error) {
    return <ErrorState message={faultText(list.error)} code={list.error.code} onRetry={list.reload} />;
  }
  if (isFiltering(filter)) {
    return (
      <EmptyState
        action={
          <Button size="small" onClick={onShowAll}>
            {t('sessions.showAll')}
          </Button>
        }
      >
        {list.known.isIncomplete ? t('sessions.incomplete') : t('sessions.noMatch')}
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={<IconHistory size={24} stroke={1.5} aria-hidden />}
      action={
        <Link href="/playground" className={buttonClass({ size: 'small' })}>
          {t('sessions.openPlayground')}
        </Link>
      }
    >
      {t('sessions.empty')}
    </EmptyState>
  );
}

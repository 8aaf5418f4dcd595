import { type RefObject, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type StateSnapshot, Virtuoso, type VirtuosoHandle } from 'react-virtuoso';
import { useLocation } from 'wouter';
import type { SessionRow as Session } from '../../../server/contract/sessions.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { Checkbox } from '../../ui/checkbox.tsx';
import { cn } from '../../ui/cn.ts';
import { useNow } from '../../ui/use-now.ts';
import { handleGridKey } from './grid-keys.ts';
import { GridCell, GridColumn, GridRow } from './grid-parts.tsx';
import { detailHref } from './links.ts';
import { type RowActions, rowColumns, rowHeight, SessionRow } from './session-row.tsx';
import { keyOf } from './session-rows.ts';
import { statusOf, useRunningKeys } from './session-status.tsx';
import type { SessionRows } from './use-session-rows.ts';

const columns = ['session', 'status', 'turns', 'tokens', 'cost', 'size', 'active'] as const;
const numbers: ReadonlySet<string> = new Set(['turns', 'tokens', 'cost', 'size', 'active']);

/** Where the person was in the list; kept while one session is open. */
export interface GridPlace {
  active: string;
  scroll?: StateSnapshot;
}

interface Props {
  list: SessionRows;
  place: RefObject<GridPlace>;
  ticked: ReadonlySet<string>;
  onTicked(ticked: ReadonlySet<string>): void;
  onDelete(sessions: readonly Session[]): void;
}

export function SessionGrid({ list, place, ticked, onTicked, onDelete }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const [, navigate] = useLocation();
  const now = useNow(30_000);
  const running = useRunningKeys();
  const handle = useRef<VirtuosoHandle>(null);
  const box = useRef<HTMLElement>(null);
  const [active, setActive] = useState(place.current.active);
  const [renaming, setRenaming] = useState('');
  const { rows, nextCursor } = list.known;
  const hasHits = rows.some(({ hits }) => hits !== undefined);

  const indexOf = (key: string) => rows.findIndex((row) => keyOf(row) === key);
  const on = (index: number, act: (row: Session) => void) => {
    const row = rows[index];
    if (row) act(row);
  };
  const actions = useStableActions({
    onOpen: (row) => navigate(detailHref(row)),
    onActivate(row) {
      place.current.active = keyOf(row);
      setActive(keyOf(row));
    },
    onTick(row, isRange) {
      const [from = -1, to = -1] = [indexOf(active), indexOf(keyOf(row))].sort((a, b) => a - b);
      const next = new Set(ticked);
      if (isRange && from >= 0) for (const each of rows.slice(from, to + 1)) next.add(keyOf(each));
      else if (!next.delete(keyOf(row))) next.add(keyOf(row));
      onTicked(next);
      actions.onActivate(row);
    },
    onRename(row) {
      setRenaming(row ? keyOf(row) : '');
      // Unless the person ended it by going elsewhere.
      const { activeElement, body } = document;
      const isHere = activeElement === body || box.current?.contains(activeElement);
      if (!row && isHere) box.current?.focus({ preventScroll: true });
    },
    onRenamed: (row, title) => list.rename(keyOf(row), title),
    onDelete: (row) => onDelete([row]),
  });
  const tickAll = (isOn: boolean) => onTicked(new Set(isOn ? rows.map(keyOf) : []));
  const deleteFrom = (row: Session) =>
    onDelete(ticked.size > 0 ? rows.filter((each) => ticked.has(keyOf(each))) : [row]);

  return (
    <>
      <GridHead count={rows.length} tickedCount={ticked.size} onTickAll={tickAll} />
      <Virtuoso
        ref={handle}
        scrollerRef={(element) => {
          box.current = element instanceof HTMLElement ? element : null;
        }}
        role="grid"
        tabIndex={0}
        aria-label={t('sessions.table')}
        aria-multiselectable
        aria-rowcount={nextCursor === undefined ? rows.length + 1 : -1}
        aria-colcount={columns.length + 1}
        aria-activedescendant={active === '' ? undefined : active}
        onKeyDown={(event) =>
          handleGridKey(event, {
            count: rows.length,
            active: indexOf(active),
            pageRows: Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / rowHeight) - 1),
            onMove: (index) =>
              on(index, (row) => {
                actions.onActivate(row);
                handle.current?.scrollIntoView({ index });
              }),
            onOpen: (index) => on(index, actions.onOpen),
            onTick: (index) => on(index, (row) => actions.onTick(row, false)),
            onTickAll: () => tickAll(true),
            onRename: (index) => on(index, actions.onRename),
            onDelete: (index) => on(index, deleteFrom),
          })
        }
        className="min-h-0 flex-1 rounded-b-[10px] outline-offset-[-2px]"
        data={rows}
        // Rows of a search differ in height; all others need not be measured.
        {...(hasHits ? { defaultItemHeight: rowHeight } : { fixedItemHeight: rowHeight })}
        computeItemKey={(_, row) => keyOf(row)}
        increaseViewportBy={200}
        endReached={list.loadMore}
        isScrolling={(isScrolling) => {
          if (!isScrolling)
            handle.current?.getState((scroll) => {
              place.current.scroll = scroll;
            });
        }}
        {...(place.current.scroll && { restoreStateFrom: place.current.scroll })}
        components={{ Header: HiddenHead, Footer: ListFoot }}
        context={list}
        itemContent={(index, row) => (
          <SessionRow
            session={row}
            index={index}
            status={statusOf(row, row.lastStopReason, running)}
            now={now}
            isActive={keyOf(row) === active}
            isTicked={ticked.has(keyOf(row))}
            isRenaming={keyOf(row) === renaming}
            format={format}
            actions={actions}
          />
        )}
      />
    </>
  );
}

/** One object for good whose methods do what the latest of `actions` do. */
function useStableActions(actions: RowActions): RowActions {
  const latest = useRef(actions);
  useEffect(() => {
    latest.current = actions;
  });
  const [stable] = useState<RowActions>(() => ({
    onOpen: (row) => latest.current.onOpen(row),
    onTick: (row, isRange) => latest.current.onTick(row, isRange),
    onActivate: (row) => latest.current.onActivate(row),
    onRename: (row) => latest.current.onRename(row),
    onRenamed: (row, title) => latest.current.onRenamed(row, title),
    onDelete: (row) => latest.current.onDelete(row),
  }));
  return stable;
}

interface HeadProps {
  count: number;
  tickedCount: number;
  onTickAll(isOn: boolean): void;
}

/** For the eye; readers get the head inside the grid. */
function GridHead({ count, tickedCount, onTickAll }: HeadProps) {
  const { t } = useTranslation();
  return (
    <div className={cn(rowColumns, 'h-9 shrink-0 border-line border-b pr-3.5 text-dim text-small')}>
      <span className="flex justify-center">
        <Checkbox
          label={t('sessions.columns.select', { count })}
          checked={tickedCount > 0 && tickedCount === count}
          indeterminate={tickedCount > 0 && tickedCount < count}
          onChange={onTickAll}
        />
      </span>
      {columns.map((column) => (
        <span
          key={column}
          aria-hidden
          className={cn(
            'truncate font-medium',
            numbers.has(column) && 'text-right',
            column === 'turns' && 'hidden wide:block',
          )}
        >
          {t(`sessions.columns.${column}`)}
        </span>
      ))}
    </div>
  );
}

function HiddenHead() {
  const { t } = useTranslation();
  return (
    <GridRow aria-rowindex={1} className="sr-only">
      <GridColumn>{t('sessions.columns.selected')}</GridColumn>
      {columns.map((column) => (
        <GridColumn key={column}>{t(`sessions.columns.${column}`)}</GridColumn>
      ))}
    </GridRow>
  );
}

function ListFoot({ context: list }: { context?: SessionRows }) {
  const { t } = useTranslation();
  if (!list || list.known.nextCursor === undefined) return null;
  return (
    <GridRow className="py-2 text-center text-faint text-small">
      <GridCell aria-colspan={columns.length + 1}>
        {list.error ? (
          <Button size="small" onClick={list.loadMore}>
            {t('sessions.loadMore')}
          </Button>
        ) : (
          t(list.known.indexing ? 'sessions.indexing.foot' : 'sessions.loadingMore')
        )}
      </GridCell>
    </GridRow>
  );
}

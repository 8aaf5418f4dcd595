import { IconArrowDown } from '@tabler/icons-react';
import { type KeyboardEvent, type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Virtuoso, type VirtuosoHandle } from 'react-virtuoso';
import type { FieldFilter } from '../../../server/contract/log-sources.ts';
import type { LogLine } from '../../../server/contract/logs.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { cardClass } from '../../ui/card.tsx';
import { cn } from '../../ui/cn.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { LogRow, type RowLanguage } from './log-row.tsx';
import { endOf } from './log-window.ts';
import type { LogLines } from './use-log-window.ts';

/** One list per filter and place: another one starts at its own place. */
interface Props {
  lines: LogLines;
  at: number | undefined;
  isFiltered: boolean;
  isAtEnd: boolean;
  onAtEnd(isAtEnd: boolean): void;
  /** The first line that is in sight. */
  onSight(line: LogLine): void;
  onField(field: FieldFilter): void;
  onContext(line: LogLine): void;
  onNewest(): void;
  onClearFilters(): void;
}

/** A list goes on moving for a moment after the hand that moved it. */
const handMs = 600;
const boxClass = cn(cardClass, 'relative min-h-0 flex-1 overflow-hidden');

export function LogList(props: Props) {
  const { lines, isFiltered, onClearFilters } = props;
  const faultText = useFaultText();
  if (lines.window.lines.length > 0) return <FilledList {...props} />;
  return (
    <div className={boxClass}>
      {lines.isLoading ? (
        <SkeletonRows rows={8} />
      ) : lines.error ? (
        <ErrorState message={faultText(lines.error)} code={lines.error.code} onRetry={lines.reload} />
      ) : (
        <NoLines isCleared={lines.isCleared} isFiltered={isFiltered} onShowAll={onClearFilters} />
      )}
    </div>
  );
}

function FilledList({ lines, at, isAtEnd, onAtEnd, onSight, onField, onContext, onNewest }: Props) {
  const { t } = useTranslation();
  const list = useRef<VirtuosoHandle>(null);
  const language = useRowLanguage();
  const [expanded, setExpanded] = useState<ReadonlySet<number>>(new Set());
  const { window } = lines;
  const isAtNewest = isAtEnd && !window.hasNewer;
  const unseen = useUnseen(endOf(window), isAtEnd || window.hasNewer) + lines.unread;
  const toggle = useCallback(({ seq }: LogLine) => {
    setExpanded((before) => {
      const next = new Set(before);
      if (!next.delete(seq)) next.add(seq);
      return next;
    });
  }, []);
  const hand = useHand();
  const isStuck = useRef(at === undefined);
  useEffect(() => onAtEnd(isStuck.current), [onAtEnd]);
  const onBottom = (isAtBottom: boolean) => {
    // Lines that come and go move the end too. Only a person leaves it.
    if (isStuck.current && !isAtBottom && !hand.isActive()) {
      list.current?.scrollToIndex({ index: 'LAST', align: 'end' });
      return;
    }
    isStuck.current = isAtBottom;
    onAtEnd(isAtBottom);
  };
  useEndInSight(list, window.firstIndex, isAtNewest);
  const onKeyDown = useRowKeys(list, window.lines, onNewest);
  const [start] = useState(() => {
    const place = at === undefined ? -1 : window.lines.findIndex(({ seq }) => seq >= at);
    return place === -1 ? ({ index: 'LAST', align: 'end' } as const) : ({ index: place, align: 'center' } as const);
  });
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys move between the buttons inside.
    <div
      className={boxClass}
      onKeyDown={(event) => {
        hand.note();
        onKeyDown(event);
      }}
      onWheel={hand.note}
      onTouchMove={hand.note}
      onPointerDown={hand.hold}
      onPointerUp={hand.release}
      onPointerCancel={hand.release}
    >
      <Virtuoso
        ref={list}
        tabIndex={0}
        role="log"
        aria-label={t('logs.list')}
        aria-live="off"
        className="h-full outline-offset-[-2px]"
        data={window.lines}
        firstItemIndex={window.firstIndex}
        initialTopMostItemIndex={start}
        defaultItemHeight={20}
        computeItemKey={(_, { seq }) => seq}
        followOutput={(isAtBottom) => (isAtBottom && !window.hasNewer ? 'auto' : false)}
        atBottomStateChange={onBottom}
        atBottomThreshold={30}
        startReached={lines.loadOlder}
        endReached={() => window.hasNewer && lines.loadNewer()}
        rangeChanged={({ startIndex }) => {
          const line = window.lines[startIndex - window.firstIndex];
          if (line) onSight(line);
        }}
        increaseViewportBy={200}
        components={{ Header: ListHead }}
        context={lines}
        itemContent={(_, line) => (
          <LogRow
            line={line}
            language={language}
            isExpanded={expanded.has(line.seq)}
            isMarked={line.seq === at}
            onToggle={toggle}
            onField={onField}
            onContext={onContext}
          />
        )}
      />
      {!isAtNewest && (
        <Button
          size="small"
          className="appear tabular absolute bottom-3 left-1/2 -translate-x-1/2 shadow-pop"
          onClick={() => {
            if (window.hasNewer || at !== undefined) onNewest();
            else list.current?.scrollToIndex({ index: 'LAST', align: 'end' });
          }}
        >
          <IconArrowDown size={14} stroke={1.5} aria-hidden />
          {unseen > 0 ? t('logs.newLines', { count: unseen }) : t('logs.toNewest')}
        </Button>
      )}
    </div>
  );
}

function useRowLanguage(): RowLanguage {
  const { t } = useTranslation();
  const format = useFormat();
  return useMemo(
    () => ({
      levels: {
        debug: t('logs.levelWords.debug'),
        info: t('logs.levelWords.info'),
        warn: t('logs.levelWords.warn'),
        error: t('logs.levelWords.error'),
      },
      time: format.preciseTime,
    }),
    [t, format],
  );
}

/** How many lines came since the person scrolled away from the end. Those that are read on the way there are not new. */
function useUnseen(end: number, isSeen: boolean): number {
  const [seen, setSeen] = useState(end);
  useEffect(() => {
    if (isSeen || end < seen) setSeen(end);
  }, [end, isSeen, seen]);
  return Math.max(0, end - seen);
}

/** Whether a person moved the list just now: by wheel, keys, a finger, or with the pointer held on its scroll bar. */
function useHand() {
  const [hand] = useState(() => {
    let notedAt = Number.NEGATIVE_INFINITY;
    let isHeld = false;
    const note = () => {
      notedAt = performance.now();
    };
    return {
      note,
      hold() {
        isHeld = true;
        note();
      },
      release() {
        isHeld = false;
        note();
      },
      isActive: () => isHeld || performance.now() - notedAt < handMs,
    };
  });
  return hand;
}

/** When lines at the start went, the end has to be looked for anew. */
function useEndInSight(list: RefObject<VirtuosoHandle | null>, firstIndex: number, isFollowing: boolean): void {
  const following = useRef(isFollowing);
  following.current = isFollowing;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the change of the index that matters.
  useEffect(() => {
    if (following.current) list.current?.scrollToIndex({ index: 'LAST', align: 'end' });
  }, [firstIndex, list]);
}

/** j and k or arrows go from line to line; the line is a button, so Enter opens it. Home and End go to the ends. */
function useRowKeys(list: RefObject<VirtuosoHandle | null>, lines: readonly LogLine[], onNewest: () => void) {
  return (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const box = event.currentTarget;
    if (event.key === 'End' || event.key === 'G') {
      event.preventDefault();
      onNewest();
      return;
    }
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    const row = (event.target as HTMLElement).closest<HTMLElement>('[data-seq]');
    const isInside = (event.target as HTMLElement).closest('section') !== null;
    if (step === undefined || isInside) return;
    event.preventDefault();
    const from = row ? lines.findIndex(({ seq }) => seq === Number(row.dataset.seq)) : lines.length;
    const index = Math.min(lines.length - 1, Math.max(0, from + step));
    const target = lines[index];
    if (!target) return;
    const focus = () => box.querySelector<HTMLElement>(`[data-seq="${target.seq}"]`)?.focus({ preventScroll: true });
    list.current?.scrollIntoView({ index, done: focus });
    focus();
  };
}

function ListHead({ context: lines }: { context?: LogLines }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (!lines) return null;
  const words = lines.isCleared
    ? t('logs.cleared')
    : !lines.window.hasOlder
      ? t('logs.oldest')
      : lines.searching === undefined
        ? t('logs.loadingOlder')
        : t('logs.searching', { found: format.number(lines.searching) });
  return <p className="py-2 text-center text-faint text-small">{words}</p>;
}

function NoLines({ isCleared, isFiltered, onShowAll }: { isCleared: boolean; isFiltered: boolean; onShowAll(): void }) {
  const { t } = useTranslation();
  if (isCleared) return <EmptyState>{t('logs.cleared')}</EmptyState>;
  if (!isFiltered) return <EmptyState>{t('logs.empty')}</EmptyState>;
  return (
    <EmptyState
      action={
        <Button size="small" onClick={onShowAll}>
          {t('logs.clearFilters')}
        </Button>
      }
    >
      {t('logs.noMatch')}
    </EmptyState>
  );
}

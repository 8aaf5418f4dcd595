import { IconCheck } from '@tabler/icons-react';
import { type MouseEvent, memo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SessionRow as Session, SessionStatus } from '../../../server/contract/sessions.ts';
import type { Format } from '../../i18n/format.ts';
import { cn } from '../../ui/cn.ts';
import { GridCell, GridRow } from './grid-parts.tsx';
import { MarkedText, MessageHits } from './hit-text.tsx';
import { detailHref } from './links.ts';
import { QuickActions } from './quick-actions.tsx';
import { RenameField } from './rename-field.tsx';
import { keyOf } from './session-rows.ts';
import { SessionStatusChip } from './session-status.tsx';

/** Shared with the head of the grid. */
export const rowColumns =
  'grid grid-cols-[34px_minmax(0,1fr)_104px_76px_80px_76px_112px] items-center wide:grid-cols-[34px_minmax(0,1fr)_112px_64px_84px_84px_84px_120px]';

/** Of a row without hits, in pixels. */
export const rowHeight = 52;

export interface RowActions {
  onOpen(session: Session): void;
  onTick(session: Session, isRange: boolean): void;
  onActivate(session: Session): void;
  /** Begins, or ends with what came of it. */
  onRename(session: Session | undefined): void;
  onRenamed(session: Session, title: string): void;
  onDelete(session: Session): void;
}

interface Props {
  session: Session;
  index: number;
  status: SessionStatus;
  now: number;
  isActive: boolean;
  isTicked: boolean;
  isRenaming: boolean;
  format: Format;
  /** The same object for the life of the grid, so that a row is drawn again only when it changed. */
  actions: RowActions;
}

/**
 * Keys belong to the grid around it, so nothing in a row is a stop of the Tab key. The link of the title covers the row.
 */
export const SessionRow = memo(function SessionRow(props: Props) {
  const { session, index, status, now, isActive, isTicked, isRenaming, format, actions } = props;
  const { t } = useTranslation();
  // What only a pointer uses is made when there is one.
  const [isHovered, setHovered] = useState(false);
  const title = session.title || t('sessions.untitled');
  return (
    <GridRow
      id={keyOf(session)}
      aria-rowindex={index + 2}
      aria-selected={isTicked}
      onPointerDown={() => actions.onActivate(session)}
      onPointerEnter={() => setHovered(true)}
      onPointerLeave={() => setHovered(false)}
      className={cn(
        rowColumns,
        'tabular relative border-line-soft border-b pr-3.5',
        session.hits ? 'min-h-[52px] py-1.5' : 'h-[52px]',
        isTicked ? 'bg-accent-bg' : 'hover:bg-hover',
        isActive && 'in-focus-visible:shadow-[inset_2px_0_0_var(--accent)]',
        isActive && !isTicked && 'in-focus-visible:bg-hover',
      )}
    >
      <GridCell className="flex justify-center">
        <button
          type="button"
          tabIndex={-1}
          aria-label={t('sessions.select', { title })}
          aria-pressed={isTicked}
          onClick={(event) => actions.onTick(session, event.shiftKey)}
          className="relative z-[1] grid size-6 place-items-center rounded-[6px]"
        >
          <Tick isTicked={isTicked} />
        </button>
      </GridCell>
      <GridCell className="min-w-0 pr-3">
        {isRenaming ? (
          <RenameField
            session={session}
            onRenamed={(renamed) => actions.onRenamed(session, renamed)}
            onClose={() => actions.onRename(undefined)}
            className="relative z-[1] !h-6"
          />
        ) : (
          <Title session={session} title={title} onOpen={actions.onOpen} />
        )}
        <span className="mono block truncate text-[11.5px] text-faint leading-[15px]">{originOf(session)}</span>
      </GridCell>
      <GridCell>
        <SessionStatusChip status={status} />
      </GridCell>
      <GridCell className="hidden text-right wide:block">{format.number(session.turns)}</GridCell>
      <GridCell className="text-right">{format.compact(session.usage.totalTokens)}</GridCell>
      <GridCell className="text-right">{format.money(session.usage.cost)}</GridCell>
      <GridCell className="text-right">
        {session.sizeBytes === undefined ? t('common.none') : format.bytes(session.sizeBytes)}
      </GridCell>
      <GridCell className="text-right">
        {isHovered ? (
          <QuickActions session={session} actions={actions} />
        ) : (
          <span className="text-dim">{format.relative(Math.min(session.lastActiveAt, now), now)}</span>
        )}
      </GridCell>
      {session.hits && (
        <GridCell className="col-[2/-1] min-w-0">
          <MessageHits hits={session.hits} />
        </GridCell>
      )}
    </GridRow>
  );
});

/** Whose it is, as far as that is not the person at this console. */
function originOf({ tenantId, userId, agentId, sessionId }: Session): string {
  return [...[tenantId, userId].filter((each) => each !== 'default'), agentId, sessionId].join(' · ');
}

function Title({ session, title, onOpen }: { session: Session; title: string; onOpen(session: Session): void }) {
  const hit = session.hits?.find(({ field }) => field === 'title');
  const open = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    onOpen(session);
  };
  return (
    <a
      href={detailHref(session)}
      tabIndex={-1}
      onClick={open}
      dir="auto"
      translate={session.title ? 'no' : undefined}
      className="block truncate text-left outline-none after:absolute after:inset-0 hover:text-accent"
    >
      {hit ? <MarkedText text={hit.text} ranges={hit.ranges} /> : title}
    </a>
  );
}

function Tick({ isTicked }: { isTicked: boolean }) {
  return (
    <span
      className={cn(
        'grid size-4 place-items-center rounded-[4px] border text-on-accent',
        isTicked ? 'border-transparent bg-accent' : 'border-idle bg-panel',
      )}
    >
      {isTicked && <IconCheck size={12} stroke={2.5} aria-hidden />}
    </span>
  );
}

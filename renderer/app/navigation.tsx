import { IconLayoutSidebarLeftCollapse, IconLayoutSidebarLeftExpand } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { useLive } from '../api/live-context.ts';
import { useUnsaved } from '../api/unsaved.ts';
import { cn } from '../ui/cn.ts';
import { Tooltip } from '../ui/tooltip.tsx';
import { type Page, type PageGroup, type PageId, pages } from './pages.tsx';

const storageKey = 'agentrail.navigation';

export function Navigation({ current }: { current: PageId | undefined }) {
  const { t } = useTranslation();
  const [isCollapsed, setCollapsed] = useState(() => localStorage.getItem(storageKey) === 'collapsed');
  const toggle = () => {
    localStorage.setItem(storageKey, isCollapsed ? 'open' : 'collapsed');
    setCollapsed(!isCollapsed);
  };
  const links = (group: PageGroup) =>
    pages
      .filter((page) => page.group === group)
      .map((page) => <NavigationLink key={page.id} page={page} isCurrent={page.id === current} narrow={isCollapsed} />);
  const Toggle = isCollapsed ? IconLayoutSidebarLeftExpand : IconLayoutSidebarLeftCollapse;
  return (
    <nav
      aria-label={t('shell.navigation')}
      className={cn(
        'flex w-[52px] flex-col gap-px overflow-y-auto overflow-x-hidden border-line border-r bg-panel px-2 py-2.5',
        !isCollapsed && 'wide:w-[212px]',
      )}
    >
      {links('main')}
      <GroupHead name={t('shell.agents')} narrow={isCollapsed} />
      {links('agents')}
      <GroupHead name={t('shell.operate')} narrow={isCollapsed} />
      {links('operate')}
      <div className="flex-1" />
      {links('foot')}
      <button
        type="button"
        onClick={toggle}
        aria-label={isCollapsed ? t('shell.expand') : t('shell.collapse')}
        className="hidden h-[30px] items-center gap-2.5 rounded-[7px] px-[9px] text-dim hover:bg-hover hover:text-text wide:flex"
      >
        <Toggle size={16} stroke={1.5} aria-hidden />
        {!isCollapsed && <span aria-hidden>{t('shell.collapse')}</span>}
      </button>
    </nav>
  );
}

/** A word where there is room, else a line. */
function GroupHead({ name, narrow }: { name: string; narrow: boolean }) {
  return (
    <>
      <p
        className={cn(
          'hidden px-[9px] pt-3 pb-1 font-medium text-faint text-micro tracking-[0.02em]',
          !narrow && 'wide:block',
        )}
      >
        {name}
      </p>
      <hr className={cn('mx-2 my-2 shrink-0 border-line-soft', !narrow && 'wide:hidden')} />
    </>
  );
}

function NavigationLink({ page, isCurrent, narrow }: { page: Page; isCurrent: boolean; narrow: boolean }) {
  const { t } = useTranslation();
  const problems = useLive(({ problems: all }) => all.filter((problem) => problem.page === page.id).length) ?? 0;
  const isUnsaved = useUnsaved(({ form, yaml }) => form || yaml) && page.id === 'settings';
  const name = t(`shell.pages.${page.id}`);
  const link = (
    <Link
      href={page.path}
      aria-current={isCurrent ? 'page' : undefined}
      className={cn(
        'relative flex h-[30px] shrink-0 items-center gap-2.5 rounded-[7px] px-[9px]',
        isCurrent ? 'bg-accent-bg font-medium text-accent' : 'text-dim hover:bg-hover hover:text-text',
      )}
    >
      <page.icon size={16} stroke={1.5} aria-hidden className="shrink-0" />
      <span className={cn('sr-only', !narrow && 'wide:not-sr-only wide:truncate')}>{name}</span>
      {isUnsaved && <UnsavedMark narrow={narrow} words={t('shell.unsaved')} />}
      {problems > 0 && page.id !== 'overview' && (
        <span
          className={cn(
            'tabular absolute top-1 right-1 size-[7px] overflow-hidden rounded-[8px] bg-warn text-[0px] text-warn',
            !narrow && 'wide:static wide:ml-auto wide:size-auto wide:bg-warn-bg wide:px-[5px] wide:text-micro',
          )}
        >
          {problems}
        </span>
      )}
    </Link>
  );
  return (
    <Tooltip label={isUnsaved ? `${name}: ${t('shell.unsaved')}` : name} side="right">
      {link}
    </Tooltip>
  );
}

/** A dot beside the name, or at the corner of the icon where there is no room. */
function UnsavedMark({ narrow, words }: { narrow: boolean; words: string }) {
  return (
    <span className={cn('absolute bottom-1 left-[22px]', !narrow && 'wide:static')}>
      <span aria-hidden className="block size-[7px] rounded-full bg-accent" />
      <span className="sr-only">{words}</span>
    </span>
  );
}

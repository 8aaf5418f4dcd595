import { IconDownload, IconEraser, IconFolderOpen, IconRestore } from '@tabler/icons-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FieldFilter } from '../../../server/contract/log-sources.ts';
import type { LogLine } from '../../../server/contract/logs.ts';
import { toApiError } from '../../api/api-error.ts';
import { answer, api, apiBase } from '../../api/client.ts';
import { useKnown } from '../../api/live-context.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { showFault } from '../../ui/toast.tsx';
import { type Filter, isFiltering, noFilter, toQuery } from './log-filter.ts';
import { LogList } from './log-list.tsx';
import { LogTimeline, useLogOverview } from './log-timeline.tsx';
import { LogTools } from './log-tools.tsx';
import { useLogAddress } from './use-log-filter.ts';
import { type LogLines, useLogWindow } from './use-log-window.ts';

const sightMs = 150;

export default function LogsPage() {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const address = useLogAddress();
  const { filter, at, change, open } = address;
  const [isAtEnd, setAtEnd] = useState(true);
  const following = useRef(true);
  following.current = isAtEnd;
  const lines = useLogWindow(
    filter,
    at,
    useCallback(() => following.current, []),
  );
  const [sight, onSight] = useSight();
  const overview = useLogOverview();
  useFindKey();

  const onJump = useCallback(
    async (time: number) => {
      try {
        const { seq } = await answer(api.logs.place.$get({ query: { time: String(Math.round(time)) } }));
        open(filter, seq);
      } catch (thrown) {
        showFault(t('logs.noJump'), faultText(toApiError(thrown)));
      }
    },
    [filter, open, t, faultText],
  );
  const onField = useCallback((field: FieldFilter) => change(withField(filter, field)), [filter, change]);
  const onContext = useCallback(({ seq }: LogLine) => open(noFilter, seq), [open]);
  const onNewest = () => {
    setAtEnd(true);
    if (at === undefined) lines.reload();
    else open(filter);
  };
  return (
    <div className="flex h-full min-h-90 flex-col">
      <PageHead
        title={t('logs.title')}
        sub={<LogsLine lines={lines} total={overview.data?.lines} isLive={isAtEnd && !lines.window.hasNewer} />}
        actions={<LogActions filter={filter} lines={lines} />}
      />
      <LogTools {...address} />
      {overview.data && <LogTimeline overview={overview.data} sight={isAtEnd ? undefined : sight} onJump={onJump} />}
      {lines.error && lines.window.lines.length > 0 && (
        <Notice tone="bad" actions={<Button onClick={lines.reload}>{t('common.retry')}</Button>}>
          {faultText(lines.error)}
        </Notice>
      )}
      <LogList
        key={lines.generation}
        lines={lines}
        at={at}
        isFiltered={isFiltering(filter)}
        isAtEnd={isAtEnd}
        onAtEnd={setAtEnd}
        onSight={onSight}
        onField={onField}
        onContext={onContext}
        onNewest={onNewest}
        onClearFilters={() => open(noFilter)}
      />
    </div>
  );
}

/** Ids have filters of their own; asking twice for the same changes nothing. */
function withField(filter: Filter, field: FieldFilter): Partial<Filter> {
  const [name = ''] = field.path;
  if (!field.isNot && field.path.length === 1) {
    if (name === 'component' || name === 'tenantId' || name === 'sessionId' || name === 'runId') {
      return { [name]: field.value };
    }
  }
  const others = filter.fields.filter(
    ({ path, value }) => JSON.stringify([path, value]) !== JSON.stringify([field.path, field.value]),
  );
  return { fields: [...others, field].slice(-20) };
}

/** When the first line in sight was written; told a few times a second while somebody scrolls. */
function useSight(): [number | undefined, (line: LogLine) => void] {
  const [time, setTime] = useState<number>();
  const latest = useRef<number>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const onSight = useCallback((line: LogLine) => {
    latest.current = line.time;
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      setTime(latest.current);
    }, sightMs);
  }, []);
  return [time, onSight];
}

/** `/` goes to the search, as Ctrl+F does. */
function useFindKey(): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      document.querySelector<HTMLInputElement>('main [data-page-filter]')?.focus();
      event.preventDefault();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
}

function LogsLine({ lines, total, isLive }: { lines: LogLines; total: number | undefined; isLive: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const state = t(isLive ? 'logs.live' : 'logs.paused');
  const count = total === undefined ? '' : ` · ${t('logs.total', { count: total, total: format.number(total) })}`;
  const search =
    lines.searching === undefined ? '' : ` · ${t('logs.searching', { found: format.number(lines.searching) })}`;
  return <span className="tabular">{`${state}${count}${search}`}</span>;
}

function LogActions({ filter, lines }: { filter: Filter; lines: LogLines }) {
  const { t } = useTranslation();
  const dataDir = useKnown((live) => live.dataDir);
  const { native } = window;
  const download = (query: Record<string, string>) => `${apiBase}/logs/download?${new URLSearchParams(query)}`;
  return (
    <>
      {native && (
        <Button onClick={() => void native.showItemInFolder(`${dataDir}/logs`)}>
          <IconFolderOpen size={15} stroke={1.5} aria-hidden />
          {t('logs.openFolder')}
        </Button>
      )}
      {lines.isCleared ? (
        <Button onClick={lines.reload}>
          <IconRestore size={15} stroke={1.5} aria-hidden />
          {t('logs.showCleared')}
        </Button>
      ) : (
        <Button onClick={lines.clear} disabled={lines.window.lines.length === 0}>
          <IconEraser size={15} stroke={1.5} aria-hidden />
          {t('logs.clear')}
        </Button>
      )}
      {isFiltering(filter) && (
        <a className={buttonClass()} href={download(toQuery(filter, Date.now()))} download>
          <IconDownload size={15} stroke={1.5} aria-hidden />
          {t('logs.download')}
        </a>
      )}
      <a className={buttonClass()} href={download({})} download>
        <IconDownload size={15} stroke={1.5} aria-hidden />
        {t('logs.downloadAll')}
      </a>
    </>
  );
}

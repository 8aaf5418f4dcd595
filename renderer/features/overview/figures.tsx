import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { ConsoleState, OverviewFacts } from '../../../server/console/api.ts';
import { useKnown } from '../../api/live-context.ts';
import { useFormat } from '../../i18n/format.ts';
import { cardClass } from '../../ui/card.tsx';
import { cn } from '../../ui/cn.ts';
import { Progress } from '../../ui/progress.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { useNow } from '../../ui/use-now.ts';
import { HourBars } from './hour-bars.tsx';
import { SandboxesLine } from './sandboxes-line.tsx';

interface Props {
  usage: ConsoleState | undefined;
  overview: OverviewFacts | undefined;
}

export function Figures({ usage, overview }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const containers = useKnown((live) => live.sandboxes);
  const sandboxes = containers.filter(({ isPooled }) => !isPooled);
  const warm = containers.length - sandboxes.length;
  const busy = sandboxes.filter((sandbox) => sandbox.state === 'busy').length;
  const busyText = busy > 0 ? t('overview.figures.busy', { count: busy }) : t('overview.figures.noneBusy');
  const today = usage?.usageToday;
  const hours = overview?.usage.hours ?? [];
  const running = useKnown((live) => live.runs.filter((run) => run.status === 'running').length);
  const ended = today ? today.runs - running : 0;
  const average = today && ended > 0 && today.durationMs > 0 ? today.durationMs / ended : undefined;
  return (
    <div className="grid grid-cols-[repeat(auto-fit,minmax(170px,1fr))] gap-3.5">
      <Figure label={t('overview.figures.runs')} value={today && format.number(today.runs)}>
        {today?.failed ? t('overview.figures.failed', { count: today.failed }) : t('overview.figures.noneFailed')}
        {average !== undefined && ` · ${t('overview.figures.average', { duration: format.duration(average) })}`}
        <HourBars values={hours.map(({ runs }) => runs)} />
      </Figure>
      <Figure label={t('overview.figures.cost')} value={today && format.money(today.cost)}>
        {today &&
          t('overview.figures.tokens', {
            input: format.compact(today.inputTokens),
            output: format.compact(today.outputTokens),
          })}
        <HourBars
          values={hours.map(({ cost, inputTokens, outputTokens }) => cost || (inputTokens + outputTokens) / 1e9)}
        />
      </Figure>
      <Figure label={t('overview.figures.sandboxes')} value={format.number(sandboxes.length)} href="/sandboxes">
        {warm > 0 ? t('overview.figures.warm', { busy: busyText, count: warm }) : busyText}
        {containers.length > 0 && <SandboxesLine />}
      </Figure>
      <DiskFigure usage={usage} backup={overview?.backup} />
    </div>
  );
}

interface DiskProps {
  usage: ConsoleState | undefined;
  backup: OverviewFacts['backup'];
}

function DiskFigure({ usage, backup }: DiskProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const disk = usage?.disk;
  const value = usage && (disk ? format.bytes(disk.usedBytes) : t('common.none'));
  return (
    <Figure label={t('overview.figures.disk')} value={value} href="/data">
      {disk
        ? t('overview.figures.free', { free: format.bytes(disk.freeBytes), total: format.bytes(disk.totalBytes) })
        : t('overview.figures.noDisk')}
      {disk && (
        <span className="mt-2 block">
          <Progress
            label={t('overview.figures.diskMeter')}
            value={((disk.totalBytes - disk.freeBytes) / Math.max(1, disk.totalBytes)) * 100}
          />
        </span>
      )}
      {backup && <BackupAge backup={backup} />}
    </Figure>
  );
}

function BackupAge({ backup: { lastAt, problem } }: { backup: NonNullable<OverviewFacts['backup']> }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(60_000);
  if (problem) return <span className="mt-1.5 block text-bad">{t('overview.figures.backupFailed')}</span>;
  return (
    <span className="mt-1.5 block">
      {lastAt === undefined
        ? t('overview.figures.noBackup')
        : t('overview.figures.backup', { age: format.relative(lastAt, now) })}
    </span>
  );
}

interface FigureProps {
  label: string;
  value: string | undefined;
  href?: string;
  children: ReactNode;
}

function Figure({ label, value, href, children }: FigureProps) {
  const body = (
    <>
      <div className="text-dim text-small">{label}</div>
      <div className="tabular my-0.5 font-semibold text-figure tracking-[-0.02em]">
        {value ?? <Skeleton className="my-1 h-6 w-16" />}
      </div>
      <div className="tabular text-dim text-small">
        {value === undefined ? <Skeleton className="w-28" /> : children}
      </div>
    </>
  );
  const shape = cn(cardClass, 'block min-w-0 px-3.5 pt-3 pb-3');
  if (href === undefined) return <div className={shape}>{body}</div>;
  return (
    <Link href={href} className={cn(shape, 'transition-colors hover:border-idle')}>
      {body}
    </Link>
  );
}

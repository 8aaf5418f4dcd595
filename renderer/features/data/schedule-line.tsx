import { useTranslation } from 'react-i18next';
import type { BackupSchedule } from '../../../server/contract/backups.ts';
import { useFormat } from '../../i18n/format.ts';

/** When backups are made by themselves, where they lie, and what became of the last one. */
export function ScheduleLine({ schedule }: { schedule: BackupSchedule }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { everyHours, keep, at, on, dir, nextAt, lastResult } = schedule;
  const rhythm =
    everyHours === 0
      ? t('data.backup.noSchedule')
      : at !== undefined && everyHours === 24
        ? t('data.schedule.daily', { at })
        : at !== undefined && on !== undefined
          ? t('data.schedule.weekly', { at, day: t(`data.schedule.days.${on as 'monday'}`) })
          : t('data.schedule.every', { hours: everyHours });
  const more = [
    everyHours > 0 && (keep === 0 ? t('data.schedule.keepAll') : t('data.schedule.keepNewest', { keep })),
    nextAt !== undefined && t('data.schedule.next', { when: format.dateTime(nextAt) }),
    lastResult &&
      (lastResult.ok
        ? t('data.schedule.lastGood', {
            when: format.dateTime(lastResult.at),
            size: format.bytes(lastResult.sizeBytes),
          })
        : t('data.schedule.lastBad', { when: format.dateTime(lastResult.at) })),
  ];
  return (
    <div className="border-line-soft border-b px-3.5 py-2.5">
      <p>{[rhythm, ...more].filter(Boolean).join(' · ')}</p>
      <p className="mono text-dim [overflow-wrap:anywhere]">{dir}</p>
    </div>
  );
}

import { useTranslation } from 'react-i18next';
import type { RetentionPlan } from '../../../server/contract/keeping.ts';
import { useFormat } from '../../i18n/format.ts';
import { ScrollBox } from '../../ui/scroll-box.tsx';

const namedAtMost = 200;

/** Which sessions an age would delete, oldest first. */
export function DoomedSessions({ plan: { sessions, keptWithRun } }: { plan: RetentionPlan }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <ScrollBox
      label={t('data.retention.list')}
      className="tabular mt-2 max-h-56 overflow-auto rounded-[8px] border border-line-soft"
    >
      <ul>
        {sessions.slice(0, namedAtMost).map(({ tenantId, userId, sessionId, title, lastActiveAt, sizeBytes }) => (
          <li
            key={`${tenantId}/${userId}/${sessionId}`}
            className="flex items-baseline gap-3 border-line-soft border-b px-3 py-1.5 last:border-b-0"
          >
            <span className="min-w-0 flex-1 truncate">
              {title || <span className="mono">{`${tenantId}/${userId}/${sessionId}`}</span>}
            </span>
            <span className="shrink-0 text-dim text-small">{format.dateTime(lastActiveAt)}</span>
            <span className="w-20 shrink-0 text-right text-dim text-small">{format.bytes(sizeBytes)}</span>
          </li>
        ))}
        {sessions.length > namedAtMost && (
          <li className="px-3 py-1.5 text-dim">{t('data.retention.more', { count: sessions.length - namedAtMost })}</li>
        )}
        {keptWithRun > 0 && (
          <li className="px-3 py-1.5 text-dim">{t('data.retention.keptWithRun', { count: keptWithRun })}</li>
        )}
      </ul>
    </ScrollBox>
  );
}

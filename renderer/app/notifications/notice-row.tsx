import { IconX } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { Notice } from '../../../server/contract/notices.ts';
import { ApiError } from '../../api/api-error.ts';
import { answer, api } from '../../api/client.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { cn } from '../../ui/cn.ts';
import { StateDot, type Tone } from '../../ui/state-dot.tsx';
import { showFault } from '../../ui/toast.tsx';
import { useNow } from '../../ui/use-now.ts';
import { noticeHref, useNoticeWords } from './notice-words.ts';

const tones: Record<Notice['severity'], Tone> = { info: 'accent', warn: 'warn', bad: 'bad' };

interface Props {
  notice: Notice;
  isOffline: boolean;
  onLeave(): void;
}

export function NoticeRow({ notice, isOffline, onLeave }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const faultText = useFaultText();
  const now = useNow(30_000);
  const { title, note } = useNoticeWords()(notice);
  const dismiss = useMutation({
    mutationFn: () => answer(api.notices[':id'].$delete({ param: { id: notice.id } })),
    onError(error) {
      // Another window was faster.
      if (!(error instanceof ApiError && error.code === 'notice_not_found')) showFault(faultText(error));
    },
  });
  const isNew = !notice.isRead && !notice.isOver;
  return (
    <li className="flex items-start gap-1 border-line-soft border-b pr-1.5 last:border-b-0 hover:bg-hover">
      <Link href={noticeHref(notice)} onClick={onLeave} className="flex min-w-0 flex-1 gap-2.5 py-2 pl-3.5">
        <StateDot tone={notice.isOver ? 'idle' : tones[notice.severity]} className="mt-[6px]" />
        <span className="min-w-0 flex-1">
          <span className={cn('block [overflow-wrap:anywhere]', isNew && 'font-medium', notice.isOver && 'text-dim')}>
            {title}
            {isNew && <span className="sr-only"> ({t('notices.unread')})</span>}
          </span>
          <span className="line-clamp-2 text-dim text-small [overflow-wrap:anywhere]">{note}</span>
          <span className="tabular block text-faint text-small">
            {format.relative(notice.at, Math.max(now, notice.at))}
            {notice.isOver && ` · ${t('notices.over')}`}
          </span>
        </span>
      </Link>
      <Button
        look="quiet"
        size="iconSmall"
        className="mt-1.5"
        aria-label={t('notices.dismiss', { title })}
        disabled={dismiss.isPending || isOffline}
        onClick={() => dismiss.mutate()}
      >
        <IconX size={14} stroke={1.5} aria-hidden />
      </Button>
    </li>
  );
}

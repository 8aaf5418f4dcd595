import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { Notice, NoticeCode } from '../../../server/contract/notices.ts';
import { sessionHref } from '../../api/links.ts';
import { useFormat } from '../../i18n/format.ts';

export interface NoticeWords {
  title: string;
  note: string;
}

/** A notice as a person reads it. */
export function useNoticeWords(): (notice: Notice) => NoticeWords {
  const { t } = useTranslation();
  const format = useFormat();
  return useCallback(
    ({ code, params }) => {
      const words = {
        ...params,
        title: params.title || t('notices.untitled'),
        ...(params.freeBytes !== undefined && { free: format.bytes(Number(params.freeBytes)) }),
      };
      return {
        title: t(`notices.codes.${code}.title` as 'notices.codes.run_failed.title', words),
        note: t(`notices.codes.${code}.note` as 'notices.codes.run_failed.note', words),
      };
    },
    [t, format],
  );
}

const pageOf: Record<NoticeCode, string> = {
  run_failed: '/sessions',
  question_waiting: '/playground',
  permission_waiting: '/playground',
  image_missing: '/sandboxes',
  disk_low: '/data',
  backup_failed: '/data',
  server_failed: '/',
  key_rejected: '/secrets',
};

/** Where it is seen and dealt with. */
export function noticeHref({ code, session }: Pick<Notice, 'code' | 'session'>): string {
  return session ? sessionHref(session) : pageOf[code];
}

/** Overview tells every problem, and each place what belongs there. */
export function isInSight(notice: Notice, pathname: string): boolean {
  if (notice.session) return pathname === `/playground/${notice.session.sessionId}`;
  return pathname === '/' || pathname === noticeHref(notice);
}

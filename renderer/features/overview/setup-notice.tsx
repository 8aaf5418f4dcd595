import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { type FirstRun, firstRunSteps } from '../../../server/contract/first-run.ts';
import { answer, api } from '../../api/client.ts';
import { useLive } from '../../api/live-context.ts';
import { queryKeys } from '../../api/query-client.ts';
import { buttonClass } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';

/** A first run that was left half way. */
export function SetupNotice() {
  const { t } = useTranslation();
  const wasOpen = useLive((live) => live.firstRun?.status === 'open') ?? false;
  const { data } = useQuery({
    queryKey: queryKeys.firstRun,
    queryFn: () => answer<FirstRun>(api['first-run'].$get()),
    enabled: wasOpen,
  });
  if (data?.status !== 'open') return null;
  const number = firstRunSteps.indexOf(data.step) + 1;
  return (
    <Notice
      tone="accent"
      actions={
        <Link href="/first-run" className={buttonClass({ size: 'small' })}>
          {t('firstRun.resume')}
        </Link>
      }
    >
      {t('firstRun.unfinished', { number, total: firstRunSteps.length, name: t(`firstRun.steps.${data.step}`) })}
    </Notice>
  );
}

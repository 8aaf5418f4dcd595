import { IconRefresh } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { HealthReport } from '../../../server/console/api.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { cardClass } from '../../ui/card.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Notice } from '../../ui/notice.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { useNow } from '../../ui/use-now.ts';
import { BundleView } from './bundle/bundle-view.tsx';
import { Checks } from './checks.tsx';
import { ClientView } from './client-view.tsx';
import { DoctorView } from './doctor/doctor-view.tsx';
import { staleMs, type Verdict, verdictOfLiveness, verdictOfReadiness } from './health-history.ts';
import { HealthTabs, useHealthTab } from './health-tabs.tsx';
import { type Health, useHealth } from './use-health.ts';
import { Vitals } from './vitals.tsx';

export default function HealthPage() {
  const tab = useHealthTab();
  const tabs = <HealthTabs tab={tab} />;
  if (tab === 'doctor') return <DoctorView tabs={tabs} />;
  return tab === 'bundle' ? <BundleView tabs={tabs} /> : <NowView tabs={tabs} />;
}

function NowView({ tabs }: { tabs: ReactNode }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const health = useHealth();
  const now = useNow(1000);
  const { report, error } = health;
  const isStale = report !== undefined && now - report.checkedAt > staleMs;
  return (
    <>
      <PageHead
        title={t(`health.titles.${titleOf(report, isStale)}`)}
        sub={<LookLine health={health} now={now} />}
        actions={
          <Button onClick={health.lookNow} disabled={health.isLooking}>
            <IconRefresh size={15} stroke={1.5} aria-hidden />
            {t('health.lookAgain')}
          </Button>
        }
      />
      {tabs}
      {report ? (
        <>
          {error && <Notice tone="bad">{faultText(error)}</Notice>}
          <div className="grid gap-3.5">
            <ClientView report={report} samples={health.samples} now={now} isStale={isStale} />
            <Vitals report={report} />
            <Checks report={report} samples={health.samples} now={now} isStale={isStale} />
          </div>
        </>
      ) : (
        <div className={cardClass}>
          {error ? (
            <ErrorState message={faultText(error)} code={error.code} onRetry={health.lookNow} />
          ) : (
            <SkeletonRows rows={6} />
          )}
        </div>
      )}
    </>
  );
}

function titleOf(report: HealthReport | undefined, isStale: boolean): Verdict | 'stale' | 'first' {
  if (!report) return 'first';
  if (isStale) return 'stale';
  const alive = verdictOfLiveness(report);
  return alive === 'fail' || alive === 'unknown' ? alive : verdictOfReadiness(report);
}

/** When was looked, and when the next look is. */
function LookLine({ health, now }: { health: Health; now: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { report, nextLookAt } = health;
  const looked = report && t('health.looked', { time: format.time(report.checkedAt) });
  const left = nextLookAt === undefined ? 0 : Math.max(0, Math.ceil((nextLookAt - now) / 1000));
  const next =
    nextLookAt === undefined ? t('health.looking') : t('health.next', { duration: format.duration(left * 1000) });
  return <span className="tabular">{[looked, next].filter(Boolean).join(' · ')}</span>;
}

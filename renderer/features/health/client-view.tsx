import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { buttonClass } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import type { ViewProps } from './checks.tsx';
import { ProbeEvidence } from './evidence.tsx';
import { verdictOfLiveness, verdictOfReadiness } from './health-history.ts';
import { ProbeRow } from './probe-row.tsx';

export function ClientView({ report, samples, now, isStale }: ViewProps) {
  const { t } = useTranslation();
  const views = [
    { name: 'liveness', verdict: verdictOfLiveness(report), probe: report.liveness },
    { name: 'readiness', verdict: verdictOfReadiness(report), probe: report.readiness },
  ] as const;
  return (
    <Card title={t('health.client')} aside={t('health.clientNote')}>
      <ul className="group/rows">
        {views.map(({ name, verdict, probe }) => (
          <ProbeRow
            key={name}
            name={name}
            title={t(`health.probes.${name}.title`)}
            verdict={verdict}
            isStale={isStale}
            durationMs={probe?.durationMs}
            error={probe?.error}
            advice={t(`health.probes.${name}.${verdict}`)}
            samples={samples}
            now={now}
            evidence={<ProbeEvidence probe={probe} />}
            action={
              verdict === 'none' && name === 'liveness' ? (
                <Link href="/" className={buttonClass({ size: 'small' })}>
                  {t('health.toOverview')}
                </Link>
              ) : undefined
            }
          />
        ))}
      </ul>
    </Card>
  );
}

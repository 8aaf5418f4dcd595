import i18next from 'i18next';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { HealthReport } from '../../../server/console/api.ts';
import type { ReadinessCheck } from '../../../server/contract/server-state.ts';
import { buttonClass } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { CheckEvidence } from './evidence.tsx';
import type { Sample, Verdict } from './health-history.ts';
import { ProbeRow } from './probe-row.tsx';

export interface ViewProps {
  report: HealthReport;
  samples: readonly Sample[];
  now: number;
  isStale: boolean;
}

const checkNames = ['lifecycle', 'config', 'session_store', 'sandbox', 'provider'] as const;
type CheckName = (typeof checkNames)[number];
const fixPages: Partial<Record<string, string>> = {
  lifecycle: '/',
  config: '/settings',
  mcp: '/settings',
  sandbox: '/sandboxes',
  provider: '/secrets',
};

export function Checks({ report, samples, now, isStale }: ViewProps) {
  const { t } = useTranslation();
  const hosts = (report.instances ?? []).map(({ host, isSelf }) =>
    isSelf ? t('health.thisInstance', { host }) : host,
  );
  const known = report.readiness?.found?.checks;
  // Those that there would be, while they cannot be asked.
  const checks: (ReadinessCheck | { name: CheckName; status?: undefined })[] =
    known ?? checkNames.map((name) => ({ name }));
  const missing: Verdict = report.readiness ? 'unknown' : 'none';
  return (
    <Card title={t('health.checks')}>
      <ul className="group/rows">
        {checks.map((check) => (
          <CheckRow
            key={check.name}
            check={check}
            hosts={check.name === 'session_store' ? hosts : []}
            missing={missing}
            samples={samples}
            now={now}
            isStale={isStale}
          />
        ))}
      </ul>
    </Card>
  );
}

type CheckWords = CheckName | 'session_store_postgres';

/** A check of one of several kinds has words of its own for it. */
function wordsOf(check: CheckProps['check']): CheckWords {
  const isPostgres = check.status !== undefined && check.name === 'session_store' && check.kind === 'postgres';
  return isPostgres ? 'session_store_postgres' : (check.name as CheckName);
}

type CheckProps = Omit<ViewProps, 'report'> & {
  check: ReadinessCheck | { name: CheckName; status?: undefined };
  missing: Verdict;
  /** Where the instances of the server live that share this. */
  hosts: readonly string[];
};

function CheckRow({ check, hosts, missing, samples, now, isStale }: CheckProps) {
  const { t } = useTranslation();
  const { name } = check;
  const words = wordsOf(check);
  const isKnown = i18next.exists(`health.names.${words}.title`);
  const verdict = check.status ?? missing;
  const isWrong = verdict === 'warn' || verdict === 'fail';
  const page = fixPages[name];
  return (
    <ProbeRow
      name={name}
      title={isKnown ? t(`health.names.${words}.title`) : name}
      verdict={verdict}
      isStale={isStale}
      durationMs={check.status && check.durationMs}
      error={check.status && check.error}
      advice={[
        isKnown ? t(`health.names.${words}.${isWrong ? 'fix' : 'note'}`) : '',
        hosts.length > 0 ? t('health.instances', { count: hosts.length, hosts: hosts.join(', ') }) : '',
      ]
        .filter(Boolean)
        .join(' ')}
      samples={samples}
      now={now}
      evidence={check.status ? <CheckEvidence check={check} /> : <p className="text-dim">{t('health.notAsked')}</p>}
      action={
        isWrong && page !== undefined ? (
          <Link href={page} className={buttonClass({ size: 'small' })}>
            {t('health.fix')}
          </Link>
        ) : undefined
      }
    />
  );
}

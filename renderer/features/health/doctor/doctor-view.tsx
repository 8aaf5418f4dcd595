import { IconStethoscope } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CheckResult, RepairName } from '../../../../server/contract/doctor.ts';
import { useFaultText } from '../../../api/use-fault-text.ts';
import { useFormat } from '../../../i18n/format.ts';
import { Button } from '../../../ui/button.tsx';
import { Card } from '../../../ui/card.tsx';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { Notice } from '../../../ui/notice.tsx';
import { PageHead } from '../../../ui/page-head.tsx';
import { Progress } from '../../../ui/progress.tsx';
import { Segmented } from '../../../ui/segmented.tsx';
import { SkeletonRows } from '../../../ui/skeleton.tsx';
import { CheckRow } from './check-row.tsx';
import { RepairDialog } from './repair-dialog.tsx';
import { RepairsCard } from './repairs-card.tsx';
import { type DoctorView as Doctor, useDoctor } from './use-doctor.ts';

type Shown = 'found' | 'all';
/** What is to be mended comes first; equals stay in their order. */
const ranks = { bad: 0, warn: 1, could_not_check: 2, ok: 3, not_applicable: 4 } as const;
const isFound = ({ state }: CheckResult) => state === 'warn' || state === 'bad' || state === 'could_not_check';

export function DoctorView({ tabs }: { tabs: React.ReactNode }) {
  const { t } = useTranslation();
  const format = useFormat();
  const faultText = useFaultText();
  const doctor = useDoctor();
  const [shown, setShown] = useState<Shown>('all');
  const [repairing, setRepairing] = useState<RepairName>();
  const { checks, report, results, error, loadError } = doctor;
  const isRunning = checks !== undefined;
  const known = isRunning ? results : (report?.checks ?? []).toSorted((a, b) => ranks[a.state] - ranks[b.state]);
  const found = known.filter(isFound);
  const listed = shown === 'found' ? found : known;
  const waiting =
    isRunning && shown === 'all' ? checks.filter(({ name }) => !results.some((each) => each.name === name)) : [];
  return (
    <>
      <PageHead
        title={t(`doctor.titles.${isRunning ? 'running' : (report?.state ?? 'none')}`)}
        sub={
          report && !isRunning
            ? `${t('doctor.sub')} ${t('doctor.examined', { time: format.time(report.checkedAt) })}`
            : t('doctor.sub')
        }
        actions={
          isRunning ? (
            <Button onClick={doctor.stop}>{t('doctor.stop')}</Button>
          ) : (
            <Button look="primary" onClick={() => void doctor.run()}>
              {t(report ? 'doctor.again' : 'doctor.run')}
            </Button>
          )
        }
      />
      {tabs}
      {(error ?? loadError) && <Notice tone="bad">{faultText(error ?? loadError)}</Notice>}
      <div className="grid gap-3.5">
        {isRunning && <RunLine doctor={doctor} />}
        {report === undefined && !isRunning && !loadError ? (
          <Card>
            <SkeletonRows rows={8} />
          </Card>
        ) : known.length + waiting.length === 0 ? (
          <Card>
            <EmptyState icon={<IconStethoscope size={24} stroke={1.5} aria-hidden />}>{t('doctor.never')}</EmptyState>
          </Card>
        ) : (
          <Card
            title={t('doctor.tabs.doctor')}
            aside={
              known.length > 0 && (
                <Segmented<Shown>
                  label={t('doctor.filter')}
                  value={shown}
                  onChange={setShown}
                  segments={[
                    { value: 'all', label: t('doctor.all'), count: known.length },
                    { value: 'found', label: t('doctor.found'), count: found.length },
                  ]}
                />
              )
            }
          >
            {listed.length + waiting.length === 0 ? (
              <EmptyState>{t('doctor.nothingFound')}</EmptyState>
            ) : (
              <ul className="group/rows">
                {listed.map((result) => (
                  <CheckRow
                    key={result.name}
                    name={result.name}
                    result={result}
                    onRepair={isRunning ? undefined : setRepairing}
                  />
                ))}
                {waiting.map(({ name }) => (
                  <CheckRow key={name} name={name} result={undefined} onRepair={undefined} />
                ))}
              </ul>
            )}
          </Card>
        )}
        <RepairsCard />
      </div>
      <RepairDialog name={repairing} onClose={() => setRepairing(undefined)} onDone={() => void doctor.run()} />
    </>
  );
}

function RunLine({ doctor: { checks = [], results, step } }: { doctor: Doctor }) {
  const { t } = useTranslation();
  const format = useFormat();
  const label = t('doctor.progress', { done: format.number(results.length), total: format.number(checks.length) });
  const isReading = step && step.done < step.total && !results.some(({ name }) => name === 'integrity');
  return (
    <Card>
      <div className="grid gap-2 px-3.5 py-3" role="status">
        <span className="tabular">
          {label}
          {isReading && (
            <span className="text-dim">
              {' · '}
              {t('doctor.reading', { done: format.number(step.done), total: format.number(step.total) })}
            </span>
          )}
        </span>
        <Progress label={label} value={checks.length === 0 ? null : (results.length / checks.length) * 100} />
      </div>
    </Card>
  );
}

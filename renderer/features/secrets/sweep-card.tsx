import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LeakFinding, LeakSweepReport } from '../../../server/contract/leak-sweep.ts';
import type { SecretInfo } from '../../../server/contract/secrets.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Notice } from '../../ui/notice.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { useNow } from '../../ui/use-now.ts';
import { useSweepState } from './care-queries.ts';
import { RotateDialog } from './rotate-dialog.tsx';
import { SweepFindings } from './sweep-findings.tsx';
import { SweepOutcome, SweepProgress } from './sweep-progress.tsx';
import { type Sweep, useSweep } from './use-sweep.ts';

/** Where stored values were found that should not be there, and what can be done. */
export function SweepCard({ secrets }: { secrets: readonly SecretInfo[] }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const sweep = useSweep();
  const { data, error, refetch } = useSweepState();
  const [scrubbing, setScrubbing] = useState<readonly LeakFinding[]>([]);
  const [rotating, setRotating] = useState<LeakFinding>();
  const isBusy = sweep.work !== undefined || data?.isRunning === true;
  const last = data?.last;
  const ofSecret = (last?.findings ?? []).filter(
    ({ name, isToken, state }) => name === rotating?.name && isToken === rotating.isToken && state === 'open',
  );
  return (
    <Card
      title={t('secretCare.sweep.title')}
      aside={
        <span className="flex items-center gap-3">
          {last && <LastLine report={last} />}
          <Button size="small" disabled={isBusy || !data} onClick={() => void sweep.search()}>
            {t(last ? 'secretCare.sweep.again' : 'secretCare.sweep.start')}
          </Button>
        </span>
      }
    >
      <SweepProgress sweep={sweep} />
      {error && !data && <ErrorState message={faultText(error)} onRetry={() => void refetch()} />}
      {!data && !error && <SkeletonRows rows={1} />}
      {data && !last && sweep.work === undefined && (
        <p className="px-3.5 py-3 text-dim">{t('secretCare.sweep.never')}</p>
      )}
      {last && sweep.work !== 'search' && <Result sweep={sweep} report={last} />}
      {last && last.findings.length > 0 && sweep.work !== 'search' && (
        <SweepFindings
          report={last}
          isBusy={isBusy}
          onScrub={setScrubbing}
          onRotate={setRotating}
          onGone={(finding) => sweep.scrub([finding.id])}
        />
      )}
      <ConfirmDialog
        open={scrubbing.length > 0}
        onClose={() => setScrubbing([])}
        title={t('secretCare.sweep.scrubTitle', { count: scrubbing.length })}
        body={t('secretCare.sweep.scrubBody')}
        choices={[
          {
            label: t('secretCare.sweep.scrubConfirm'),
            onChoose: () => void sweep.scrub(scrubbing.map(({ id }) => id)),
          },
        ]}
      />
      <RotateDialog
        finding={rotating}
        secret={secrets.find(({ name }) => name === rotating?.name)}
        onClose={() => setRotating(undefined)}
        onRotated={() =>
          sweep.mark(
            ofSecret.map(({ id }) => id),
            'rotated',
          )
        }
      />
    </Card>
  );
}

function LastLine({ report }: { report: LeakSweepReport }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(30_000);
  const places = t('secretCare.sweep.places', { count: report.places });
  const when = format.relative(Math.min(report.endedAt, now), now);
  return (
    <span className="max-[760px]:hidden">
      {t('secretCare.sweep.last', { when, places, size: format.bytes(report.totalBytes) })}
    </span>
  );
}

function Result({ sweep, report }: { sweep: Sweep; report: LeakSweepReport }) {
  const { t } = useTranslation();
  const { findings, moreFindings, tooShort, unread, unreadCount, values } = report;
  const open = findings.filter(({ state }) => state === 'open').length;
  return (
    <div className="px-3.5 pt-3">
      <SweepOutcome sweep={sweep} findings={findings} />
      <Notice tone={open > 0 ? 'bad' : 'accent'}>
        {open > 0
          ? t('secretCare.sweep.found', { count: open + moreFindings })
          : values === 0
            ? t('secretCare.sweep.none')
            : t(findings.length === 0 ? 'secretCare.sweep.clean' : 'secretCare.sweep.settled')}
        {moreFindings > 0 && <span className="block">{t('secretCare.sweep.more', { count: moreFindings })}</span>}
      </Notice>
      {tooShort.length > 0 && (
        <p className="pb-3 text-dim text-small">{t('secretCare.sweep.tooShort', { names: tooShort.join(', ') })}</p>
      )}
      {unreadCount > 0 && (
        <div className="pb-3 text-small text-warn">
          {t('secretCare.sweep.unread', { count: unreadCount })}
          <ul className="mono text-dim [overflow-wrap:anywhere]">
            {unread.slice(0, 5).map(({ place, reason }) => (
              <li key={place}>
                {place}: {reason}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RepairChange, RepairName, RepairReport } from '../../../../server/contract/doctor.ts';
import { answer, api } from '../../../api/client.ts';
import { useFaultText } from '../../../api/use-fault-text.ts';
import { ServerText } from '../../../i18n/server-text.tsx';
import { Button } from '../../../ui/button.tsx';
import { CommandLine } from '../../../ui/command-line.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { Notice } from '../../../ui/notice.tsx';
import { ScrollBox } from '../../../ui/scroll-box.tsx';
import { SkeletonRows } from '../../../ui/skeleton.tsx';
import { doctorKeys } from './use-doctor.ts';

interface Props {
  name: RepairName | undefined;
  onClose(): void;
  onDone(): void;
}

/** Says what it will do, does that and nothing else, and tells what it did. */
export function RepairDialog({ name, onClose, onDone }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog
      open={name !== undefined}
      onClose={onClose}
      title={name ? t(`doctor.repairs.${name}.title`) : ''}
      description={name && t(`doctor.repairs.${name}.note`)}
      wide
    >
      {name && <Repair key={name} name={name} onClose={onClose} onDone={onDone} />}
    </Dialog>
  );
}

function Repair({ name, onClose, onDone }: { name: RepairName; onClose(): void; onDone(): void }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const [report, setReport] = useState<RepairReport>();
  const [fault, setFault] = useState<string>();
  const plan = useQuery({
    queryKey: ['doctor', 'plan', name],
    queryFn: () => answer(api.doctor.repairs[':name'].plan.$get({ param: { name } })),
    gcTime: 0,
    staleTime: 0,
  });

  async function repair(fingerprint: string) {
    setBusy(true);
    setFault(undefined);
    try {
      setReport(await answer(api.doctor.repairs[':name'].$post({ param: { name }, json: { fingerprint } })));
      await client.invalidateQueries({ queryKey: doctorKeys.repairs });
      onDone();
    } catch (thrown) {
      setFault(faultText(thrown));
      await plan.refetch();
    } finally {
      setBusy(false);
    }
  }

  const { data } = plan;
  if (report) {
    return (
      <div className="grid gap-3">
        <Notice tone={report.left.length === 0 ? 'accent' : 'warn'} className="mb-0">
          {t('doctor.plan.done', { count: report.done })}
          {report.left.length > 0 && (
            <>
              {' '}
              {t('doctor.plan.left', { count: report.left.length })}
              <span className="mono block">
                {report.left.map(({ path, reason }) => `${path}  ${reason}`).join('\n')}
              </span>
            </>
          )}
        </Notice>
        <div className="flex justify-end">
          <Button onClick={onClose}>{t('doctor.plan.close')}</Button>
        </div>
      </div>
    );
  }
  return (
    <div className="grid gap-3">
      {(fault ?? plan.error) && (
        <Notice tone="bad" className="mb-0">
          {fault ?? faultText(plan.error)}
        </Notice>
      )}
      {data === undefined ? (
        !plan.error && <SkeletonRows rows={3} />
      ) : data.total === 0 ? (
        <p>{t('doctor.plan.none')}</p>
      ) : (
        <>
          <p className="font-medium">
            {t('doctor.plan.what')} · {t('doctor.plan.total', { count: data.total })}
          </p>
          <ScrollBox
            label={t('doctor.plan.what')}
            className="mono grid max-h-64 gap-1 overflow-auto rounded-[7px] border border-line bg-code px-2.5 py-2"
          >
            {data.changes.map((change) => (
              <ChangeLine
                key={`${change.type} ${change.path} ${'line' in change ? change.line : ''}`}
                change={change}
              />
            ))}
            {data.total > data.changes.length && (
              <span className="text-dim">{t('doctor.plan.more', { count: data.total - data.changes.length })}</span>
            )}
          </ScrollBox>
          <p className="text-dim text-small">{t('doctor.plan.asCommand')}</p>
          <CommandLine command={`agentrail doctor --repair ${name}`} />
          <div className="flex justify-end">
            <Button look="primary" disabled={isBusy} onClick={() => void repair(data.fingerprint)}>
              {t('doctor.plan.go')}
            </Button>
          </div>
        </>
      )}
    </div>
  );
}

function ChangeLine({ change }: { change: RepairChange }) {
  const { t } = useTranslation();
  const line = change.type === 'quarantine' && change.line !== undefined ? `:${change.line}` : '';
  return (
    <span className="[overflow-wrap:anywhere]">
      <span className="text-dim">{t(`doctor.plan.${change.type}`)}</span> {change.path}
      {line}
      {change.type === 'mode' && ` ${change.from} → ${change.to}`}
      {change.type === 'unlock' && (
        <span className="block text-dim">
          <ServerText>{change.note}</ServerText>
        </span>
      )}
    </span>
  );
}

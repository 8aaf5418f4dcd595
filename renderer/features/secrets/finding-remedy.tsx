import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { LeakFinding } from '../../../server/contract/leak-sweep.ts';
import { answer, api } from '../../api/client.ts';
import { sessionHref } from '../../api/links.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { showFault } from '../../ui/toast.tsx';

interface Props {
  finding: LeakFinding;
  isBusy: boolean;
  onRotate(): void;
  onGone(): Promise<void>;
}

/** What can be done about one finding, beside scrubbing it. */
export function FindingRemedy({ finding, isBusy, onRotate, onGone }: Props) {
  const { t } = useTranslation();
  const { kind, sessionId, tenantId, remedy } = finding;
  const link = buttonClass({ size: 'small' });
  return (
    <>
      <Button size="small" disabled={isBusy} onClick={onRotate}>
        {t('secretCare.sweep.rotate')}
      </Button>
      {kind === 'session' && sessionId !== undefined && (
        <Link className={link} href={sessionHref({ sessionId, tenantId: tenantId ?? 'default', userId: 'default' })}>
          {t('secretCare.sweep.goToSession')}
        </Link>
      )}
      {remedy === 'destroy_container' && (
        <Link className={link} href="/sandboxes">
          {t('secretCare.sweep.goToSandboxes')}
        </Link>
      )}
      {remedy === 'remake_backup' && <RemoveBackup finding={finding} isBusy={isBusy} onGone={onGone} />}
    </>
  );
}

function RemoveBackup({ finding, isBusy, onGone }: Omit<Props, 'onRotate'>) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [isAsking, setAsking] = useState(false);
  const name = finding.place.split(/[\\/]/).at(-1) ?? '';
  const remove = async () => {
    try {
      await answer(api.data.backups[':name'].$delete({ param: { name } }));
    } catch (fault) {
      showFault(faultText(fault));
      throw fault;
    }
    void onGone();
  };
  return (
    <>
      <Button size="small" look="danger" disabled={isBusy} onClick={() => setAsking(true)}>
        {t('secretCare.sweep.removeBackup')}
      </Button>
      <ConfirmDialog
        open={isAsking}
        onClose={() => setAsking(false)}
        title={t('secretCare.sweep.removeBackupTitle')}
        body={
          <>
            <p className="mono [overflow-wrap:anywhere]">{name}</p>
            <p>{t('secretCare.sweep.removeBackupBody')}</p>
          </>
        }
        choices={[{ label: t('common.remove'), onChoose: remove }]}
      />
    </>
  );
}

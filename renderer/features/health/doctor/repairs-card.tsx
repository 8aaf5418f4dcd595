import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RepairInfo } from '../../../../server/contract/doctor.ts';
import { answer, api } from '../../../api/client.ts';
import { useFaultText } from '../../../api/use-fault-text.ts';
import { useFormat } from '../../../i18n/format.ts';
import { Button } from '../../../ui/button.tsx';
import { Card, CardRow } from '../../../ui/card.tsx';
import { Chip } from '../../../ui/chip.tsx';
import { CommandLine } from '../../../ui/command-line.tsx';
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx';
import { showFault, showToast } from '../../../ui/toast.tsx';
import { doctorKeys } from './use-doctor.ts';

const tones = { done: 'ok', interrupted: 'warn', undone: 'idle' } as const;

/** What was repaired and can be undone. Nothing while there was none. */
export function RepairsCard() {
  const { t } = useTranslation();
  const format = useFormat();
  const faultText = useFaultText();
  const client = useQueryClient();
  const { data = [] } = useQuery({ queryKey: doctorKeys.repairs, queryFn: () => answer(api.doctor.repairs.$get()) });
  const [undoing, setUndoing] = useState<RepairInfo>();
  const [forgetting, setForgetting] = useState<RepairInfo>();
  if (data.length === 0) return null;

  async function attempt(work: () => Promise<void>) {
    try {
      await work();
      await client.invalidateQueries({ queryKey: doctorKeys.repairs });
    } catch (fault) {
      showFault(t('doctor.history.failed'), faultText(fault));
      throw fault;
    }
  }

  const undo = (id: string) =>
    attempt(async () => {
      const { done, left } = await answer(api.doctor.undo[':id'].$post({ param: { id } }));
      const reasons = left.map(({ path, reason }) => `${path}: ${reason}`).join('\n');
      showToast(t('doctor.history.undone', { count: done }), reasons === '' ? undefined : reasons);
    });
  const forget = (id: string) =>
    attempt(async () => void (await answer(api.doctor.repairs[':id'].$delete({ param: { id } }))));

  return (
    <Card title={t('doctor.history.title')}>
      {data.map((repair) => (
        <CardRow
          key={repair.id}
          title={t(`doctor.repairs.${repair.name}.title`)}
          note={[
            format.dateTime(repair.at),
            t('doctor.history.items', { count: repair.items }),
            repair.keptBytes > 0 && t('doctor.history.kept', { size: format.bytes(repair.keptBytes) }),
          ]
            .filter(Boolean)
            .join(' · ')}
          actions={
            <>
              <Chip dot tone={tones[repair.state]}>
                {t(`doctor.history.states.${repair.state}`)}
              </Chip>
              {repair.state !== 'undone' && repair.name !== 'index' && (
                <Button size="small" onClick={() => setUndoing(repair)}>
                  {t('doctor.history.undo')}
                </Button>
              )}
              <Button size="small" look="danger" onClick={() => setForgetting(repair)}>
                {t('doctor.history.forget')}
              </Button>
            </>
          }
        />
      ))}
      <ConfirmDialog
        open={undoing !== undefined}
        onClose={() => setUndoing(undefined)}
        title={t('doctor.history.undoTitle')}
        body={
          <div className="grid gap-2">
            {t('doctor.history.undoNote')}
            <CommandLine command={`agentrail doctor --undo ${undoing?.id ?? ''}`} />
          </div>
        }
        choices={
          undoing ? [{ label: t('doctor.history.undo'), look: 'primary', onChoose: () => undo(undoing.id) }] : []
        }
      />
      <ConfirmDialog
        open={forgetting !== undefined}
        onClose={() => setForgetting(undefined)}
        title={t('doctor.history.forgetTitle')}
        body={forgetting && t('doctor.history.kept', { size: format.bytes(forgetting.keptBytes) })}
        choices={forgetting ? [{ label: t('doctor.history.forgetNow'), onChoose: () => forget(forgetting.id) }] : []}
      />
    </Card>
  );
}

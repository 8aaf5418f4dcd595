import { useQueryClient } from '@tanstack/react-query';
import i18next from 'i18next';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cliCommands } from '../../../server/contract/cli-commands.ts';
import { answer, api } from '../../api/client.ts';
import { useKnown } from '../../api/live-context.ts';
import { useCommandText } from '../../api/use-command-text.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { AsCommand } from '../../ui/as-command.tsx';
import { Button } from '../../ui/button.tsx';
import { Card, CardRow } from '../../ui/card.tsx';
import { Chip } from '../../ui/chip.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { showFault } from '../../ui/toast.tsx';
import { MoveDialog } from './move-dialog.tsx';
import { dataKeys, placeKey, useDataMap, useGrowth, usePlace } from './queries.ts';

/** Where the data lies and what of it is how large. */
export function PlaceCard() {
  const { t } = useTranslation();
  const commandText = useCommandText();
  const format = useFormat();
  const faultText = useFaultText();
  const client = useQueryClient();
  const dataDir = useKnown((live) => live.dataDir);
  const { data, error, refetch } = useDataMap();
  const growth = useGrowth().data?.perDay?.folders;
  const { data: place } = usePlace();
  const next = place?.next;
  const [isMoving, setMoving] = useState(false);
  const [isRemoving, setRemoving] = useState(false);
  const oldCopy = data?.oldCopy;

  async function removeOldCopy() {
    try {
      await answer(api.data['old-copy'].remove.$post());
      await client.invalidateQueries({ queryKey: dataKeys.map });
    } catch (fault) {
      showFault(t('data.place.oldNotRemoved'), faultText(fault));
      throw fault;
    }
  }

  async function stay() {
    try {
      await answer(api['first-run'].place.$delete());
    } catch (fault) {
      showFault(t('data.place.notStaying'), faultText(fault));
    }
    await client.invalidateQueries({ queryKey: placeKey });
  }

  return (
    <Card title={t('data.place.title')}>
      <CardRow
        title={<span className="mono [overflow-wrap:anywhere]">{dataDir}</span>}
        actions={
          <>
            <CopyButton text={dataDir} label={t('data.place.copy')} />
            <Button size="small" onClick={() => setMoving(true)}>
              {t('data.place.move')}
            </Button>
          </>
        }
      />
      {next && (
        <CardRow
          title={next.problem === undefined ? t('data.place.moves') : t('data.place.movedNot')}
          note={
            <>
              <span className="mono">{next.to}</span> {next.problem}
            </>
          }
          actions={
            <Button size="small" onClick={() => void stay()}>
              {t('data.place.stay')}
            </Button>
          }
        />
      )}
      {oldCopy && (
        <CardRow
          title={t('data.place.old')}
          note={`${oldCopy.from} · ${format.bytes(oldCopy.sizeBytes ?? 0)}`}
          actions={
            <Button size="small" look="danger" onClick={() => setRemoving(true)}>
              {t('data.place.removeOld')}
            </Button>
          }
        />
      )}
      {error && !data ? (
        <ErrorState message={faultText(error)} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <SkeletonRows rows={4} />
      ) : (
        <ul>
          {data.folders.map(({ name, sizeBytes, isRebuildable }) => (
            <li key={name} className="flex items-center gap-2 border-line-soft border-b px-3.5 py-2 last:border-b-0">
              <span className="min-w-0 flex-1">
                <span className="mono block [overflow-wrap:anywhere]">
                  {name === 'files' ? t('data.place.files') : name}
                </span>
                {i18next.exists(`data.place.notes.${name}`) && (
                  <span className="block text-dim text-small">{t(`data.place.notes.${name as 'tenants'}`)}</span>
                )}
              </span>
              <Chip tone={isRebuildable ? 'idle' : 'ok'}>
                {isRebuildable ? t('data.place.rebuildable') : t('data.place.kept')}
              </Chip>
              <span className="tabular w-24 text-right">
                <span className="block">{format.bytes(sizeBytes)}</span>
                {(growth?.[name] ?? 0) > 0 && (
                  <span className="block text-dim text-small">
                    {t('data.place.grows', { size: format.bytes(growth?.[name] ?? 0) })}
                  </span>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
      <MoveDialog open={isMoving} place={place} onClose={() => setMoving(false)} />
      <ConfirmDialog
        open={isRemoving}
        onClose={() => setRemoving(false)}
        title={t('data.place.removeOldTitle')}
        body={
          <>
            <p>{oldCopy?.from}</p>
            <AsCommand command={commandText(cliCommands.oldCopyRemove())} />
          </>
        }
        choices={[{ label: t('data.place.removeOld'), onChoose: removeOldCopy }]}
      />
    </Card>
  );
}

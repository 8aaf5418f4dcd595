import { useQueryClient } from '@tanstack/react-query';
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
import { CommandLine } from '../../ui/command-line.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { showFault } from '../../ui/toast.tsx';
import { dataKeys, useDataMap } from './queries.ts';

/** Where the data lies and what of it is how large. */
export function PlaceCard() {
  const { t } = useTranslation();
  const commandText = useCommandText();
  const format = useFormat();
  const faultText = useFaultText();
  const client = useQueryClient();
  const dataDir = useKnown((live) => live.dataDir);
  const { data, error, refetch } = useDataMap();
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
              <span className="mono min-w-0 flex-1 [overflow-wrap:anywhere]">
                {name === 'files' ? t('data.place.files') : name}
              </span>
              {isRebuildable && <Chip>{t('data.place.rebuildable')}</Chip>}
              <span className="tabular text-dim">{format.bytes(sizeBytes)}</span>
            </li>
          ))}
        </ul>
      )}
      <Dialog
        open={isMoving}
        onClose={() => setMoving(false)}
        title={t('data.place.moveTitle')}
        description={t('data.place.moveNote')}
        wide
      >
        <CommandLine command={commandText(cliCommands.dataMove('/path/to/folder'))} />
      </Dialog>
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

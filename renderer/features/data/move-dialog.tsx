import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cliCommands } from '../../../server/contract/cli-commands.ts';
import type { DataPlace } from '../../../server/contract/first-run.ts';
import { answer, api } from '../../api/client.ts';
import { useCommandText } from '../../api/use-command-text.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { Button } from '../../ui/button.tsx';
import { CommandLine } from '../../ui/command-line.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { placeKey } from './queries.ts';

interface Props {
  open: boolean;
  /** Undefined: not known yet. */
  place: DataPlace | undefined;
  onClose(): void;
}

/** Chooses where the next start moves the data directory; much data is moved by the command line. */
export function MoveDialog({ open, place, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t('data.place.moveTitle')}
      description={place?.canMove ? t('data.place.moveNext') : t('data.place.moveNote')}
      wide
    >
      {open && <Choice canMove={place?.canMove ?? false} onClose={onClose} />}
    </Dialog>
  );
}

function Choice({ canMove, onClose }: { canMove: boolean; onClose(): void }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const commandText = useCommandText();
  const client = useQueryClient();
  const [to, setTo] = useState('');
  const [fault, setFault] = useState<string>();

  async function choose() {
    setFault(undefined);
    try {
      await answer(api['first-run'].place.$put({ json: { to: to.trim() } }));
      await client.invalidateQueries({ queryKey: placeKey });
      onClose();
    } catch (thrown) {
      setFault(faultText(thrown));
    }
  }

  return (
    <div className="grid gap-4">
      <form
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (canMove && to.trim() !== '') void choose();
        }}
      >
        <Field label={t('data.place.moveTo')} hint={t('data.restore.folderHint')} error={fault}>
          <TextInput className="mono" value={to} onChange={(event) => setTo(event.target.value)} />
        </Field>
        {canMove && (
          <div className="flex justify-end">
            <Button type="submit" look="primary" disabled={to.trim() === ''}>
              {t('data.place.moveChoose')}
            </Button>
          </div>
        )}
      </form>
      <div className="grid gap-1.5 border-line-soft border-t pt-3">
        <p className="text-dim">{t('data.place.moveByCommand')}</p>
        <CommandLine command={commandText(cliCommands.dataMove(to.trim() || '/path/to/folder'))} />
      </div>
    </div>
  );
}

import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { BackupInfo } from '../../../server/contract/backups.ts';
import { cliCommands } from '../../../server/contract/cli-commands.ts';
import { useCommandText } from '../../api/use-command-text.ts';
import { Button } from '../../ui/button.tsx';
import { CommandLine } from '../../ui/command-line.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { SecretInput } from '../../ui/secret-input.tsx';

interface Props {
  backup: BackupInfo | undefined;
  /** Of the backups. */
  dir: string;
  isBusy: boolean;
  onClose(): void;
  onRestore(backup: BackupInfo, into: { to: string; passphrase?: string }): void;
}

/** Into another folder from here; in the place of what is in force by the command line, with the console closed. */
export function RestoreDialog({ backup, onClose, ...rest }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog
      open={backup !== undefined}
      onClose={onClose}
      title={t('data.backup.restoreTitle')}
      description={backup?.name}
      wide
    >
      {backup && <Ways backup={backup} {...rest} />}
    </Dialog>
  );
}

function Ways({ backup, dir, isBusy, onRestore }: Omit<Props, 'onClose' | 'backup'> & { backup: BackupInfo }) {
  const { t } = useTranslation();
  const commandText = useCommandText();
  const [to, setTo] = useState('');
  const [passphrase, setPassphrase] = useState('');
  return (
    <div className="grid gap-4">
      <form
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (to.trim() !== '' && !isBusy)
            onRestore(backup, { to: to.trim(), ...(passphrase !== '' && { passphrase }) });
        }}
      >
        <Field label={t('data.restore.folder')} hint={t('data.restore.folderHint')}>
          <TextInput className="mono" value={to} onChange={(event) => setTo(event.target.value)} />
        </Field>
        {backup.includes.secrets && (
          <Field label={t('data.backup.passphrase')} hint={t('data.restore.passphraseHint')}>
            <SecretInput value={passphrase} onChange={setPassphrase} />
          </Field>
        )}
        <div className="flex justify-end">
          <Button type="submit" look="primary" disabled={isBusy || to.trim() === ''}>
            {t('data.restore.now')}
          </Button>
        </div>
      </form>
      <div className="grid gap-1.5 border-line-soft border-t pt-3">
        <p className="text-dim">{t('data.restore.inForce')}</p>
        <CommandLine command={commandText(cliCommands.restore(`${dir}/${backup.name}`))} />
      </div>
    </div>
  );
}

import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/button.tsx';
import { Choice } from '../../ui/choice.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field } from '../../ui/field.tsx';
import { SecretInput } from '../../ui/secret-input.tsx';

const leastPassphrase = 8;

interface Props {
  open: boolean;
  workspaces: boolean;
  onClose(): void;
  onMake(includes: { workspaces: boolean; secrets: boolean; passphrase?: string }): void;
}

/** What goes into a backup. The passphrase is forgotten as the dialog closes. */
export function MakeBackupDialog({ open, onClose, ...rest }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog open={open} onClose={onClose} title={t('data.backup.makeTitle')} description={t('data.backup.makeNote')}>
      {open && <Choices {...rest} />}
    </Dialog>
  );
}

function Choices({ workspaces: usual, onMake }: Pick<Props, 'workspaces' | 'onMake'>) {
  const { t } = useTranslation();
  const [workspaces, setWorkspaces] = useState(usual);
  const [secrets, setSecrets] = useState(false);
  const [passphrase, setPassphrase] = useState('');
  const isReady = !secrets || passphrase.length >= leastPassphrase;
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) onMake({ workspaces, secrets, ...(secrets && { passphrase }) });
      }}
    >
      <Choice label={t('data.backup.withWorkspaces')} checked={workspaces} onChange={setWorkspaces} />
      <Choice label={t('data.backup.withSecrets')} checked={secrets} onChange={setSecrets} />
      {secrets && (
        <Field label={t('data.backup.passphrase')} hint={t('data.backup.passphraseHint', { count: leastPassphrase })}>
          <SecretInput value={passphrase} onChange={setPassphrase} />
        </Field>
      )}
      <div className="flex justify-end">
        <Button type="submit" look="primary" disabled={!isReady}>
          {t('data.backup.now')}
        </Button>
      </div>
    </form>
  );
}

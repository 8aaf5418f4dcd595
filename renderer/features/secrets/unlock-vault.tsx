import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../api/use-fault-text.ts';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { SecretInput } from '../../ui/secret-input.tsx';
import { showFault } from '../../ui/toast.tsx';
import { useUnlock } from './use-secret-actions.ts';

/** Tries a locked vault again. What was typed does not outlive the try. */
export function UnlockVault({ needsPassphrase }: { needsPassphrase: boolean }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [passphrase, setPassphrase] = useState('');
  const unlock = useUnlock();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    unlock.mutate(needsPassphrase ? passphrase : undefined, { onError: (error) => showFault(faultText(error)) });
    setPassphrase('');
  };
  return (
    <form onSubmit={submit} autoComplete="off" className="mt-2 flex flex-wrap items-end gap-2">
      {needsPassphrase && (
        <Field label={t('secrets.vault.passphraseField')}>
          <SecretInput value={passphrase} onChange={setPassphrase} />
        </Field>
      )}
      <Button type="submit" disabled={unlock.isPending || (needsPassphrase && passphrase === '')}>
        {t('secrets.vault.unlock')}
      </Button>
    </form>
  );
}

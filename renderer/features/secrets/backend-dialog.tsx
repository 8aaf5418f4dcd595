import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  leastVaultPassphrase,
  type VaultBackend,
  type VaultReport,
  vaultBackends,
} from '../../../server/contract/secrets.ts';
import { answer, api } from '../../api/client.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { SecretInput } from '../../ui/secret-input.tsx';
import { showToast } from '../../ui/toast.tsx';
import { useRefreshAll } from './care-queries.ts';

interface Props {
  open: boolean;
  onClose(): void;
  vault: VaultReport;
}

/** Encrypts the vault under a key in another place. What was typed is forgotten as the dialog closes. */
export function BackendDialog({ open, onClose, vault }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t('secretCare.vault.changeTitle')}
      description={t('secretCare.vault.changeNote')}
    >
      {open && <Choices vault={vault} onClose={onClose} />}
    </Dialog>
  );
}

function Choices({ vault, onClose }: Omit<Props, 'open'>) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const refresh = useRefreshAll();
  const groupName = useId();
  const { backend: present } = vault.status;
  const [backend, setBackend] = useState<VaultBackend>(present === 'passphrase' ? 'passphrase' : present);
  const [passphrase, setPassphrase] = useState('');
  const [again, setAgain] = useState('');
  const move = useMutation({
    mutationFn: () => answer(api.vault.backend.$post({ json: { backend, ...(isPhrase && { passphrase }) } })),
    async onSuccess() {
      await refresh();
      showToast(t('secretCare.vault.moved'));
      onClose();
    },
    gcTime: 0,
  });
  const isPhrase = backend === 'passphrase';
  const isReady = isPhrase ? passphrase.length >= leastVaultPassphrase && passphrase === again : backend !== present;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady && !move.isPending) move.mutate();
  };
  const label = isPhrase && present === 'passphrase' ? 'changePassphrase' : 'confirm';
  return (
    <form onSubmit={submit} autoComplete="off" className="grid gap-3">
      {move.error && (
        <Notice tone="bad" className="mb-0">
          {faultText(move.error)}
        </Notice>
      )}
      <div className="grid gap-1" role="radiogroup" aria-label={t('secretCare.vault.changeTitle')}>
        {vaultBackends.map((each) => {
          const isOut = each === 'keychain' && !vault.hasKeychain && present !== 'keychain';
          return (
            <label
              key={each}
              className="flex cursor-pointer items-start gap-2.5 rounded-[7px] px-2 py-1.5 hover:bg-hover has-[:disabled]:cursor-not-allowed"
            >
              <input
                type="radio"
                name={groupName}
                className="mt-[3px] size-4 shrink-0 accent-accent"
                checked={backend === each}
                disabled={isOut}
                onChange={() => setBackend(each)}
              />
              <span className="min-w-0">
                <span className="block font-medium">{t(`secretCare.vault.backends.${each}`)}</span>
                <span className="block text-dim text-small">
                  {isOut ? t('secretCare.vault.noKeychain') : t(`secretCare.vault.about.${each}`)}
                </span>
              </span>
            </label>
          );
        })}
      </div>
      {isPhrase && (
        <>
          <Field
            label={t('secretCare.vault.passphrase')}
            hint={
              vault.hasEnvironmentPassphrase
                ? t('secretCare.vault.environment')
                : t('secretCare.vault.least', { count: leastVaultPassphrase })
            }
          >
            <SecretInput value={passphrase} onChange={setPassphrase} />
          </Field>
          <Field
            label={t('secretCare.vault.repeat')}
            error={again !== '' && again !== passphrase ? t('secretCare.vault.differs') : undefined}
          >
            <SecretInput value={again} onChange={setAgain} />
          </Field>
        </>
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t('common.cancel')}</Button>
        <Button type="submit" look="primary" disabled={!isReady || move.isPending}>
          {move.isPending ? t('secretCare.vault.moving') : t(`secretCare.vault.${label}`)}
        </Button>
      </div>
    </form>
  );
}

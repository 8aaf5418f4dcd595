import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LeakFinding } from '../../../server/contract/leak-sweep.ts';
import type { SecretInfo } from '../../../server/contract/secrets.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ExternalLink } from '../../ui/external-link.tsx';
import { Field } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { SecretInput } from '../../ui/secret-input.tsx';
import { useSet } from './use-secret-actions.ts';

interface Props {
  /** Undefined: closed. */
  finding: LeakFinding | undefined;
  /** Undefined for tokens, and for what is no secret any more. */
  secret: SecretInfo | undefined;
  onClose(): void;
  /** Marks what was found of it as done. */
  onRotated(): Promise<void>;
}

/** The way from a leaked value to a new one: at the provider, here, and in the list of findings. */
export function RotateDialog({ finding, secret, onClose, onRotated }: Props) {
  const { t } = useTranslation();
  const name = finding?.name ?? '';
  return (
    <Dialog open={finding !== undefined} onClose={onClose} title={t('secretCare.rotate.title', { name })}>
      {finding && <Steps finding={finding} secret={secret} onClose={onClose} onRotated={onRotated} />}
    </Dialog>
  );
}

function Steps({ finding, secret, onClose, onRotated }: Props & { finding: LeakFinding }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [value, setValue] = useState('');
  const [fault, setFault] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const set = useSet();
  const { isToken, name } = finding;
  const isOutside = secret?.origin !== undefined && secret.origin !== 'vault';
  const canSet = !isToken && !isOutside && secret !== undefined;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      if (canSet && value.trim() !== '') await set.mutateAsync({ name, value: value.trim() });
      await onRotated();
      onClose();
    } catch (error) {
      setFault(faultText(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)} autoComplete="off" className="grid gap-3">
      {fault !== undefined && (
        <Notice tone="bad" className="mb-0">
          {fault}
        </Notice>
      )}
      {isToken ? (
        <p>{t('secretCare.rotate.step2Token')}</p>
      ) : (
        <ol className="grid list-decimal gap-1.5 pl-5">
          <li>{t('secretCare.rotate.step1')}</li>
          <li>{t(isOutside ? 'secretCare.rotate.outside' : 'secretCare.rotate.step2')}</li>
        </ol>
      )}
      {secret?.keyUrl !== undefined && !isToken && (
        <ExternalLink href={secret.keyUrl} className={`${buttonClass({ size: 'small' })} w-fit`}>
          {t('secretCare.rotate.openProvider')}
        </ExternalLink>
      )}
      {canSet && (
        <Field label={t('secretCare.rotate.value')}>
          <SecretInput value={value} onChange={setValue} placeholder={secret.formatHint ?? ''} />
        </Field>
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t('common.cancel')}</Button>
        <Button type="submit" look="primary" disabled={isBusy}>
          {t(canSet && value.trim() !== '' ? 'secretCare.rotate.confirm' : 'secretCare.rotate.markOnly')}
        </Button>
      </div>
    </form>
  );
}

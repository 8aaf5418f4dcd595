import { type FormEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SecretInfo } from '../../../server/contract/secrets.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { SecretInput } from '../../ui/secret-input.tsx';
import { useSet } from './use-secret-actions.ts';

interface Props {
  open: boolean;
  onClose(): void;
  /** Undefined: a variable with a name of the person's own. */
  secret: SecretInfo | undefined;
}

/** Nothing that was typed outlives the dialog. */
export function SetDialog({ open, onClose, secret }: Props) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const formId = useId();
  const [name, setName] = useState('');
  const [value, setValue] = useState('');
  const set = useSet();
  const target = secret?.name ?? name.trim();
  const close = () => {
    setName('');
    setValue('');
    set.reset();
    onClose();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (target === '' || value.trim() === '') return;
    set.mutate({ name: target, value: value.trim() }, { onSuccess: close });
  };
  const format = secret?.formatHint;
  const title = secret
    ? t(secret.isSet ? 'secrets.dialog.replaceTitle' : 'secrets.dialog.setTitle', { name: secret.name })
    : t('secrets.dialog.addTitle');
  return (
    <Dialog
      open={open}
      onClose={close}
      title={title}
      description={t('secrets.dialog.stored')}
      footer={
        <>
          <Button onClick={close}>{t('common.cancel')}</Button>
          <Button
            type="submit"
            form={formId}
            look="primary"
            disabled={set.isPending || target === '' || value.trim() === ''}
          >
            {set.isPending ? t('secrets.dialog.saving') : t('secrets.dialog.save')}
          </Button>
        </>
      }
    >
      <form id={formId} onSubmit={submit} autoComplete="off" className="grid gap-3">
        {!secret && (
          <Field label={t('secrets.dialog.name')} hint={t('secrets.dialog.nameHint')}>
            <TextInput
              value={name}
              onChange={(event) => setName(event.target.value.toUpperCase())}
              spellCheck={false}
              autoComplete="off"
              className="mono"
            />
          </Field>
        )}
        <Field
          label={t('secrets.dialog.value')}
          hint={format === undefined ? undefined : t('secrets.dialog.format', { format })}
          error={set.error ? faultText(set.error) : undefined}
        >
          <SecretInput value={value} onChange={setValue} />
        </Field>
      </form>
    </Dialog>
  );
}

import { type FormEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ProviderType } from '../../../../server/contract/config.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { Field, TextInput } from '../../../ui/field.tsx';
import { Select } from '../../../ui/select.tsx';
import { useSaveSettings } from '../use-settings.ts';
import { isUsableName, type ProviderDraft, providerChange } from './model-entries.ts';
import { RefusedNotice, refusedAt } from './refused.tsx';

const types: readonly ProviderType[] = ['openai-compatible', 'openai', 'anthropic', 'demo'];

interface Props {
  first: ProviderDraft;
  isNew: boolean;
  taken: readonly string[];
  onClose(): void;
}

/** One endpoint: added, or changed key by key in the file. Mounted while it is open. */
export function ProviderDialog({ first, isNew, taken, onClose }: Props) {
  const { t } = useTranslation();
  const formId = useId();
  const [draft, setDraft] = useState(first);
  const save = useSaveSettings();
  const name = draft.name.trim();
  const isTaken = isNew && taken.includes(name);
  const canSave = isUsableName(name) && !isTaken;
  const edit = (change: Partial<ProviderDraft>) => {
    setDraft((before) => ({ ...before, ...change }));
    save.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (canSave && !save.isPending) save.mutate(providerChange(draft), { onSuccess: onClose });
  };
  const at = (leaf: string) => refusedAt(save.error, `providers.${name}.${leaf}`);
  const nameFault = isTaken ? t('providers.form.taken', { name }) : refusedAt(save.error, `providers.${name}`);
  const text = (leaf: 'name' | 'baseUrl' | 'apiKeyEnv', error: string | undefined, disabled = false) => (
    <Field label={t(`providers.form.${leaf}`)} hint={t(`providers.form.${leaf}Hint`)} error={error}>
      <TextInput
        value={draft[leaf]}
        disabled={disabled}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => edit({ [leaf]: event.target.value })}
        className="mono"
      />
    </Field>
  );
  return (
    <Dialog
      open
      onClose={onClose}
      title={isNew ? t('providers.form.add') : t('providers.form.change', { name })}
      description={t('providers.form.about')}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" form={formId} look="primary" disabled={save.isPending || !canSave}>
            {t(isNew ? 'providers.form.addIt' : 'settings.save')}
          </Button>
        </>
      }
    >
      <form id={formId} onSubmit={submit} autoComplete="off" className="grid gap-3">
        <RefusedNotice
          error={save.error}
          shown={['', '.type', '.baseUrl', '.apiKeyEnv'].map((leaf) => `providers.${name}${leaf}`)}
        />
        {text('name', nameFault, !isNew)}
        <Field label={t('providers.form.type')} hint={t('providers.form.typeHint')} error={at('type')}>
          <Select
            areNames
            label={t('providers.form.type')}
            value={draft.type}
            onChange={(type) => edit({ type })}
            options={types.map((value) => ({ value, label: value }))}
          />
        </Field>
        {text('baseUrl', at('baseUrl'))}
        {text('apiKeyEnv', at('apiKeyEnv'))}
      </form>
    </Dialog>
  );
}

import { type FormEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { Field, TextInput } from '../../../ui/field.tsx';
import { useSaveSettings } from '../use-settings.ts';
import { isUsableName, type ModelDraft, modelChange, modelFault, priceLeaves } from './model-entries.ts';
import { RefusedNotice, refusedAt } from './refused.tsx';

interface Props {
  first: ModelDraft;
  isNew: boolean;
  taken: readonly string[];
  onClose(): void;
}

/** What is known of one model: changed key by key in the file. Mounted while it is open. */
export function ModelDialog({ first, isNew, taken, onClose }: Props) {
  const { t } = useTranslation();
  const formId = useId();
  const [draft, setDraft] = useState(first);
  const [wasSent, setSent] = useState(false);
  const save = useSaveSettings();
  const id = draft.id.trim();
  const isTaken = isNew && taken.includes(id);
  const fault = modelFault(draft);
  const canSend = isUsableName(id) && !isTaken;
  const edit = (change: Partial<ModelDraft>) => {
    setDraft((before) => ({ ...before, ...change }));
    save.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setSent(true);
    if (canSend && !fault && !save.isPending) save.mutate(modelChange(draft), { onSuccess: onClose });
  };
  const pathOf = (leaf: 'contextWindow' | (typeof priceLeaves)[number]) =>
    `models.${id}.${leaf === 'contextWindow' ? leaf : `price.${leaf}`}`;
  const errorOf = (leaf: 'contextWindow' | (typeof priceLeaves)[number]) => {
    // While one types, only what cannot become right is said.
    if (fault?.leaf === leaf && (wasSent || fault.fault === 'number')) return t(`providers.faults.${fault.fault}`);
    return refusedAt(save.error, pathOf(leaf));
  };
  const number = (leaf: 'contextWindow' | (typeof priceLeaves)[number]) => (
    <Field
      key={leaf}
      label={t(`providers.model.${leaf}`)}
      hint={t(`providers.model.${leaf}Hint`)}
      error={errorOf(leaf)}
    >
      <TextInput
        value={draft[leaf]}
        inputMode="decimal"
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => edit({ [leaf]: event.target.value })}
        className="tabular"
      />
    </Field>
  );
  return (
    <Dialog
      open
      onClose={onClose}
      title={isNew ? t('providers.model.add') : t('providers.model.change', { id })}
      description={t('providers.model.about')}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" form={formId} look="primary" disabled={save.isPending || !canSend}>
            {t(isNew ? 'providers.form.addIt' : 'settings.save')}
          </Button>
        </>
      }
    >
      <form id={formId} onSubmit={submit} autoComplete="off" noValidate className="grid gap-3">
        <RefusedNotice
          error={save.error}
          shown={[`models.${id}`, ...(['contextWindow', ...priceLeaves] as const).map(pathOf)]}
        />
        <Field
          label={t('providers.model.id')}
          hint={t('providers.model.idHint')}
          error={isTaken ? t('providers.model.taken', { id }) : refusedAt(save.error, `models.${id}`)}
        >
          <TextInput
            value={draft.id}
            disabled={!isNew}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => edit({ id: event.target.value })}
            className="mono"
          />
        </Field>
        {number('contextWindow')}
        <div className="grid gap-3 roomy:grid-cols-2">{priceLeaves.map(number)}</div>
      </form>
    </Dialog>
  );
}

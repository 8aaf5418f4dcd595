import { type FormEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import type { KnowledgeBase } from '../../../server/contract/knowledge.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { hrefOf } from './links.ts';
import { useKnowledgeAction } from './use-knowledge.ts';

export function NewBaseDialog({ tenantId, open, onClose }: { tenantId: string; open: boolean; onClose(): void }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [, navigate] = useLocation();
  const formId = useId();
  const action = useKnowledgeAction();
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const close = () => {
    setName('');
    setDescription('');
    action.reset();
    onClose();
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === '' || action.isPending) return;
    action.mutate(
      { type: 'create', tenantId, base: { name: name.trim(), description: description.trim() } },
      {
        onSuccess: (made) => {
          close();
          navigate(hrefOf(tenantId, (made as KnowledgeBase).id));
        },
      },
    );
  };
  return (
    <Dialog
      open={open}
      onClose={close}
      title={t('knowledge.make.title')}
      footer={
        <>
          <Button onClick={close}>{t('common.cancel')}</Button>
          <Button type="submit" form={formId} look="primary" disabled={name.trim() === '' || action.isPending}>
            {t('knowledge.make.confirm')}
          </Button>
        </>
      }
    >
      <form id={formId} onSubmit={submit} autoComplete="off" className="grid gap-3">
        {action.error && (
          <Notice tone="bad" className="!mb-0">
            {faultText(action.error)}
          </Notice>
        )}
        <Field label={t('knowledge.make.name')}>
          <TextInput value={name} maxLength={120} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field label={t('knowledge.make.description')} hint={t('knowledge.make.descriptionHint')}>
          <TextInput
            value={description}
            maxLength={2000}
            render={<textarea rows={3} />}
            className="h-auto py-1.5"
            onChange={(event) => setDescription(event.target.value)}
          />
        </Field>
      </form>
    </Dialog>
  );
}

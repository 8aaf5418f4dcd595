import { type FormEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFaultText } from '../../api/use-fault-text.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { type BasePlace, useKnowledgeAction } from './use-knowledge.ts';

interface Props {
  place: BasePlace;
  kind: 'url' | 'text' | undefined;
  onClose(): void;
}

export function AddDialog({ place, kind, onClose }: Props) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const formId = useId();
  const action = useKnowledgeAction();
  const [url, setUrl] = useState('');
  const [name, setName] = useState('');
  const [text, setText] = useState('');
  /** Keeps its words while the closing dialog fades. */
  const [shown, setShown] = useState<'url' | 'text'>('url');
  if (kind !== undefined && kind !== shown) setShown(kind);
  const isWhole = shown === 'url' ? /^https?:\/\/\S+$/i.test(url.trim()) : name.trim() !== '' && text.trim() !== '';
  const close = () => {
    setUrl('');
    setName('');
    setText('');
    action.reset();
    onClose();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isWhole || action.isPending) return;
    const document = shown === 'url' ? { url: url.trim() } : { name: name.trim(), text };
    action.mutate({ type: 'add', place, document }, { onSuccess: close });
  };
  return (
    <Dialog
      open={kind !== undefined}
      onClose={close}
      wide={shown === 'text'}
      title={t(`knowledge.add.dialog.${shown}`)}
      {...(shown === 'url' && { description: t('knowledge.add.dialog.urlNote') })}
      footer={
        <>
          <Button onClick={close}>{t('common.cancel')}</Button>
          <Button type="submit" form={formId} look="primary" disabled={!isWhole || action.isPending}>
            {t('knowledge.add.dialog.confirm')}
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
        {shown === 'url' ? (
          <Field label={t('knowledge.add.dialog.address')}>
            <TextInput
              value={url}
              inputMode="url"
              placeholder="https://"
              spellCheck={false}
              className="mono"
              onChange={(event) => setUrl(event.target.value)}
            />
          </Field>
        ) : (
          <>
            <Field label={t('knowledge.add.dialog.name')}>
              <TextInput value={name} maxLength={255} onChange={(event) => setName(event.target.value)} />
            </Field>
            <Field label={t('knowledge.add.dialog.words')}>
              <TextInput
                value={text}
                render={<textarea rows={10} />}
                className="h-auto py-1.5"
                onChange={(event) => setText(event.target.value)}
              />
            </Field>
          </>
        )}
      </form>
    </Dialog>
  );
}

import { useMutation } from '@tanstack/react-query';
import { type ChangeEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type EnvImportPreview, maxEnvFileLength } from '../../../server/contract/env-import.ts';
import { answer, api } from '../../api/client.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { inputClass } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { showToast } from '../../ui/toast.tsx';
import { useRefreshAll } from './care-queries.ts';
import { ImportPreview } from './import-preview.tsx';

/** Nothing of the file outlives the dialog. */
export function ImportDialog({ open, onClose }: { open: boolean; onClose(): void }) {
  const { t } = useTranslation();
  return (
    <Dialog
      open={open}
      onClose={onClose}
      wide
      title={t('secretCare.import.title')}
      description={t('secretCare.import.note')}
    >
      {open && <Steps onClose={onClose} />}
    </Dialog>
  );
}

function Steps({ onClose }: { onClose(): void }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const refresh = useRefreshAll();
  const file = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  const [isTooLarge, setTooLarge] = useState(false);
  const [shown, setShown] = useState<EnvImportPreview>();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const preview = useMutation({
    mutationFn: (content: string) => answer(api.secrets.import.preview.$post({ json: { text: content } })),
    onSuccess(found) {
      setShown(found);
      setChosen(new Set(found.entries.flatMap(({ name, isSuggested }) => (name && isSuggested ? [name] : []))));
    },
    gcTime: 0,
  });
  const take = useMutation({
    mutationFn: () => answer(api.secrets.import.$post({ json: { text, names: [...chosen] } })),
    async onSuccess({ secrets }) {
      await refresh();
      showToast(t('secretCare.import.done', { count: secrets.length }));
      onClose();
    },
    gcTime: 0,
  });
  const read = async ({ target }: ChangeEvent<HTMLInputElement>) => {
    const [picked] = target.files ?? [];
    if (!picked) return;
    setTooLarge(picked.size > maxEnvFileLength);
    if (picked.size <= maxEnvFileLength) setText(await picked.text());
    target.value = '';
  };
  const fault = preview.error ?? take.error;
  const problem = isTooLarge ? t('secretCare.import.tooLarge') : fault ? faultText(fault) : undefined;

  if (shown)
    return (
      <div className="grid gap-3">
        {problem !== undefined && <Notice tone="bad">{problem}</Notice>}
        <ImportPreview preview={shown} chosen={chosen} onChoose={setChosen} />
        <div className="flex justify-end gap-2">
          <Button onClick={() => setShown(undefined)}>{t('secretCare.import.back')}</Button>
          <Button look="primary" disabled={chosen.size === 0 || take.isPending} onClick={() => take.mutate()}>
            {t('secretCare.import.confirm', { count: chosen.size })}
          </Button>
        </div>
      </div>
    );
  return (
    <div className="grid gap-3">
      {problem !== undefined && <Notice tone="bad">{problem}</Notice>}
      <textarea
        aria-label={t('secretCare.import.text')}
        value={text}
        onChange={(event) => setText(event.target.value)}
        autoComplete="off"
        spellCheck={false}
        rows={9}
        placeholder={'OPENAI_API_KEY=…\nTAVILY_API_KEY=…'}
        className={`${inputClass} mono h-auto w-full resize-y py-2 [-webkit-text-security:disc] placeholder:[-webkit-text-security:none]`}
      />
      <input
        ref={file}
        type="file"
        aria-hidden
        tabIndex={-1}
        className="hidden"
        onChange={(event) => void read(event)}
      />
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => file.current?.click()}>{t('secretCare.import.choose')}</Button>
        <Button
          look="primary"
          className="ml-auto"
          disabled={text.trim() === '' || preview.isPending}
          onClick={() => preview.mutate(text)}
        >
          {t('secretCare.import.preview')}
        </Button>
      </div>
    </div>
  );
}

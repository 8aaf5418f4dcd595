import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isExplicitOrigin } from '../../../server/contract/checklist.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, TextInput } from '../../ui/field.tsx';

interface Props {
  open: boolean;
  onClose(): void;
  /** Rejecting keeps the dialog open; the caller has told the person why. */
  onSave(origins: string[]): Promise<void>;
}

export function OriginsDialog({ open, onClose, onSave }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog open={open} onClose={onClose} title={t('readiness.origins.title')}>
      {open && <Origins onClose={onClose} onSave={onSave} />}
    </Dialog>
  );
}

function Origins({ onClose, onSave }: Omit<Props, 'open'>) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState<string>();
  const [isSaving, setSaving] = useState(false);
  async function save() {
    const origins = text.split(/[\s,]+/).filter(Boolean);
    const fault = origins.find((origin) => !isExplicitOrigin(origin));
    setWrong(fault);
    if (fault !== undefined) return;
    setSaving(true);
    await onSave(origins).then(onClose, () => setSaving(false));
  }
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Field
        label={t('readiness.origins.label')}
        hint={t('readiness.origins.hint')}
        error={wrong === undefined ? undefined : t('readiness.origins.wrong', { origin: wrong })}
      >
        <TextInput
          render={<textarea rows={4} />}
          className="mono h-auto py-1.5"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </Field>
      <div className="flex justify-end">
        <Button type="submit" look="primary" disabled={isSaving}>
          {t('readiness.origins.save')}
        </Button>
      </div>
    </form>
  );
}

import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChecklistItem } from '../../../server/contract/checklist.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { Select } from '../../ui/select.tsx';
import { useNow } from '../../ui/use-now.ts';
import { useChecklistChanges } from './use-checklist.ts';

const lengths = { week: 7, month: 30, quarter: 90, year: 365 } as const;
type Length = keyof typeof lengths;
const lengthNames = Object.keys(lengths) as Length[];
const dayMs = 86_400_000;
const leastReason = 3;
const longestReason = 500;

interface Props {
  open: boolean;
  onClose(): void;
  item: ChecklistItem;
  title: string;
}

export function WaiveDialog({ open, onClose, item, title }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t('readiness.waiver.title', { item: title })}
      description={t('readiness.waiver.note')}
    >
      {open && <Waiver item={item} onClose={onClose} />}
    </Dialog>
  );
}

function Waiver({ item, onClose }: Pick<Props, 'item' | 'onClose'>) {
  const { t } = useTranslation();
  const format = useFormat();
  const { waive } = useChecklistChanges();
  const now = useNow(60_000);
  const [reason, setReason] = useState(item.waiver?.reason ?? '');
  const [length, setLength] = useState<Length>('month');
  const [isSaving, setSaving] = useState(false);
  const expiresAt = now + lengths[length] * dayMs;
  const isGood = reason.trim().length >= leastReason;
  async function save() {
    setSaving(true);
    await waive(item.id, reason.trim(), expiresAt).then(onClose, () => setSaving(false));
  }
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (isGood && !isSaving) void save();
      }}
    >
      <Field label={t('readiness.waiver.reason')} hint={t('readiness.waiver.reasonHint')}>
        <TextInput
          value={reason}
          maxLength={longestReason}
          autoComplete="off"
          onChange={(event) => setReason(event.target.value)}
        />
      </Field>
      <div className="grid gap-1">
        <span className="font-medium" aria-hidden>
          {t('readiness.waiver.ends')}
        </span>
        <Select
          label={t('readiness.waiver.ends')}
          value={length}
          onChange={(value) => setLength(value as Length)}
          options={lengthNames.map((value) => ({ value, label: t(`readiness.waiver.days.${value}`) }))}
        />
        <p className="text-dim text-small">{t('readiness.waiver.until', { date: format.dateTime(expiresAt) })}</p>
      </div>
      <div className="flex justify-end">
        <Button type="submit" look="primary" disabled={!isGood || isSaving}>
          {t('readiness.waiver.save')}
        </Button>
      </div>
    </form>
  );
}

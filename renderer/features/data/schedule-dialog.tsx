import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { BackupSchedule } from '../../../server/contract/backups.ts';
import { answer, api } from '../../api/client.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Select } from '../../ui/select.tsx';

const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
const rhythms = ['off', 'daily', 'weekly', 'hours'] as const;
type Rhythm = (typeof rhythms)[number];
const usualTime = '03:00';
const timeForm = /^([01]\d|2[0-3]):[0-5]\d$/;

interface Props {
  schedule: BackupSchedule | undefined;
  open: boolean;
  onClose(): void;
  onSaved(): void;
}

/** When backups are made by themselves. The same values as in Settings. */
export function ScheduleDialog({ schedule, open, onClose, onSaved }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog open={open} onClose={onClose} title={t('data.schedule.title')} description={t('data.schedule.note')}>
      {open && schedule && <Choices schedule={schedule} onSaved={onSaved} />}
    </Dialog>
  );
}

function rhythmOf({ everyHours, at }: BackupSchedule): Rhythm {
  if (everyHours === 0) return 'off';
  if (everyHours === 24 && at !== undefined) return 'daily';
  return everyHours === 168 && at !== undefined ? 'weekly' : 'hours';
}

function Choices({ schedule, onSaved }: { schedule: BackupSchedule; onSaved(): void }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [rhythm, setRhythm] = useState<Rhythm>(() => rhythmOf(schedule));
  const [time, setTime] = useState(schedule.at ?? usualTime);
  const [day, setDay] = useState<string>(schedule.on ?? 'sunday');
  const [hours, setHours] = useState(String(schedule.everyHours || 12));
  const [keep, setKeep] = useState(String(schedule.keep));
  const [fault, setFault] = useState<string>();
  const [isSaving, setSaving] = useState(false);
  const hasTime = rhythm === 'daily' || rhythm === 'weekly';
  const isGood =
    /^\d{1,3}$/.test(keep) && (!hasTime || timeForm.test(time)) && (rhythm !== 'hours' || /^[1-9]\d{0,3}$/.test(hours));

  async function save() {
    const everyHours = { off: 0, daily: 24, weekly: 168, hours: Number(hours) }[rhythm];
    const change = {
      'backup.everyHours': everyHours,
      'backup.at': hasTime ? time : null,
      'backup.on': rhythm === 'weekly' ? day : null,
      'backup.keep': Number(keep),
    };
    setSaving(true);
    setFault(undefined);
    try {
      await answer(api.settings.$patch({ json: { change } }));
      onSaved();
    } catch (thrown) {
      setFault(faultText(thrown));
    } finally {
      setSaving(false);
    }
  }

  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (isGood) void save();
      }}
    >
      <Select
        label={t('data.schedule.rhythm')}
        value={rhythm}
        onChange={(next) => setRhythm(rhythms.find((each) => each === next) ?? 'off')}
        options={rhythms.map((value) => ({ value, label: t(`data.schedule.rhythms.${value}`) }))}
      />
      {rhythm === 'weekly' && (
        <Select
          label={t('data.schedule.day')}
          value={day}
          onChange={setDay}
          options={days.map((value) => ({ value, label: t(`data.schedule.days.${value}`) }))}
        />
      )}
      {hasTime && (
        <Field label={t('data.schedule.time')} hint={t('data.schedule.timeHint')}>
          <TextInput type="time" value={time} onChange={(event) => setTime(event.target.value)} />
        </Field>
      )}
      {rhythm === 'hours' && (
        <Field label={t('data.schedule.hours')}>
          <TextInput inputMode="numeric" value={hours} onChange={(event) => setHours(event.target.value)} />
        </Field>
      )}
      {rhythm !== 'off' && (
        <Field label={t('data.schedule.keep')} hint={t('data.schedule.keepHint')}>
          <TextInput inputMode="numeric" value={keep} onChange={(event) => setKeep(event.target.value)} />
        </Field>
      )}
      {fault !== undefined && <Notice tone="bad">{fault}</Notice>}
      <div className="flex justify-end">
        <Button type="submit" look="primary" disabled={!isGood || isSaving}>
          {t('data.schedule.save')}
        </Button>
      </div>
    </form>
  );
}

import i18next from 'i18next';
import { useTranslation } from 'react-i18next';
import type { ConfigValue } from '../../../server/contract/config.ts';
import { Button } from '../../ui/button.tsx';
import { FieldRow, TextInput } from '../../ui/field.tsx';
import { NumberInput } from '../../ui/number-input.tsx';
import { Select } from '../../ui/select.tsx';
import { Switch } from '../../ui/switch.tsx';
import { type FieldPath, fieldOf, toDraft } from './fields.ts';
import { SourceLine } from './source-line.tsx';
import { idOfField } from './use-deep-link.ts';

interface Props {
  path: FieldPath;
  value: ConfigValue | undefined;
  /** As typed; undefined while it is untouched. */
  draft: string | undefined;
  error: string | undefined;
  onEdit(draft: string): void;
  /** Takes the key out of the file. */
  onReset(): void;
}

/** One setting: its control, where its value comes from, and what that hides. */
export function SettingRow({ path, value, draft, error, onEdit, onReset }: Props) {
  const { t } = useTranslation();
  const field = fieldOf(path);
  const name = t(`settings.fields.${path}`);
  const hintKey = `settings.hints.${path}`;
  const hint = i18next.exists(hintKey) ? t(hintKey as 'settings.hints.server.host') : undefined;
  const source = value?.source ?? 'default';
  const isOutside = source === 'environment' || source === 'command line';
  const shown = draft ?? toDraft(field, value?.value);
  return (
    <div id={idOfField(path)} className="border-line-soft border-b px-3.5 py-2.5 last:border-b-0">
      <FieldRow
        label={name}
        hint={
          <>
            {hint}
            <SourceLine path={path} value={value} />
          </>
        }
        error={error}
      >
        <span className="flex min-w-0 items-center gap-2 pair:justify-end">
          <Control path={path} name={name} value={shown} disabled={isOutside} onEdit={onEdit} />
          {source === 'file' && draft === undefined && (
            <Button size="small" look="quiet" aria-label={t('settings.resetTo', { name })} onClick={onReset}>
              {t('settings.useDefault')}
            </Button>
          )}
        </span>
      </FieldRow>
    </div>
  );
}

interface ControlProps {
  path: FieldPath;
  name: string;
  value: string;
  disabled: boolean;
  onEdit(draft: string): void;
}

function Control({ path, name, value, disabled, onEdit }: ControlProps) {
  const { t } = useTranslation();
  const field = fieldOf(path);
  switch (field.kind) {
    case 'switch':
      return (
        <Switch label={name} checked={value === 'true'} disabled={disabled} onChange={(on) => onEdit(String(on))} />
      );
    case 'choice':
      return (
        <Select
          areNames
          label={name}
          value={value}
          disabled={disabled || field.options.length < 2}
          onChange={onEdit}
          options={[...(field.isOptional ? [''] : []), ...field.options].map((option) => ({
            value: option,
            label: option || t('settings.unset'),
          }))}
          className="!w-40"
        />
      );
    case 'number':
      return (
        <NumberInput
          value={value}
          disabled={disabled}
          placeholder={t('settings.unset')}
          onChange={onEdit}
          unit={field.unit && t(`settings.units.${field.unit}`)}
        />
      );
    case 'text':
    case 'list':
      return (
        <TextInput
          value={value}
          disabled={disabled}
          placeholder={t('settings.unset')}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => onEdit(event.target.value)}
          className="mono"
        />
      );
    default:
      return field satisfies never;
  }
}

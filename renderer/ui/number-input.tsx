import { Field as Base } from '@base-ui/react/field';
import { inputClass } from './field.tsx';

interface Props {
  /** As typed; a number is made of it when it is saved. */
  value: string;
  onChange(value: string): void;
  unit?: string | undefined;
  placeholder?: string;
  disabled?: boolean;
}

export function NumberInput({ value, onChange, unit, placeholder = '', disabled = false }: Props) {
  return (
    <span className="flex items-center gap-2">
      <Base.Control
        inputMode="decimal"
        autoComplete="off"
        value={value}
        placeholder={placeholder}
        disabled={disabled}
        onChange={(event) => onChange(event.target.value)}
        className={`${inputClass} tabular w-40`}
      />
      {unit !== undefined && <span className="min-w-16 text-dim text-small">{unit}</span>}
    </span>
  );
}

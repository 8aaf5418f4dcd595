import { Switch } from './switch.tsx';

interface Props {
  label: string;
  checked: boolean;
  onChange(checked: boolean): void;
}

/** One line of a form that is on or off. */
export function Choice({ label, checked, onChange }: Props) {
  return (
    <div className="flex items-center gap-3">
      <span className="min-w-0 flex-1" aria-hidden>
        {label}
      </span>
      <Switch label={label} checked={checked} onChange={onChange} />
    </div>
  );
}

import { Select as Base } from '@base-ui/react/select';
import { IconCheck, IconSelector } from '@tabler/icons-react';
import { cn } from './cn.ts';
import { inputClass } from './field.tsx';
import { popupClass, popupItemClass } from './popup.ts';

export interface SelectOption {
  value: string;
  label: string;
  /** A second line below the label in the list. */
  note?: string;
  disabled?: boolean;
}

interface Props {
  label: string;
  value: string;
  onChange(value: string): void;
  options: readonly SelectOption[];
  disabled?: boolean;
  /** Names and values: not words, so nothing to translate. */
  areNames?: boolean;
  className?: string;
}

export function Select({ label, value, onChange, options, disabled = false, areNames = false, className }: Props) {
  const translate = areNames ? 'no' : undefined;
  return (
    <Base.Root
      value={value}
      items={options}
      disabled={disabled}
      onValueChange={(next) => typeof next === 'string' && onChange(next)}
    >
      <Base.Trigger
        aria-label={label}
        title={options.find((option) => option.value === value)?.label}
        translate={translate}
        className={cn(inputClass, 'flex w-full items-center justify-between gap-2 text-left hover:bg-hover', className)}
      >
        <Base.Value className="truncate" />
        <Base.Icon className="text-dim">
          <IconSelector size={14} stroke={1.5} aria-hidden />
        </Base.Icon>
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} alignItemWithTrigger={false} className="z-[60]">
          <Base.Popup
            translate={translate}
            className={cn(
              popupClass,
              'max-h-[min(24rem,var(--available-height))] min-w-[var(--anchor-width)] overflow-y-auto p-1',
            )}
          >
            {options.map((option) => (
              <Base.Item
                key={option.value}
                value={option.value}
                disabled={option.disabled ?? false}
                className={popupItemClass}
              >
                <span className="min-w-0">
                  <Base.ItemText className="block">{option.label}</Base.ItemText>
                  {option.note !== undefined && <span className="block text-dim text-small">{option.note}</span>}
                </span>
                <Base.ItemIndicator className="ml-auto">
                  <IconCheck size={14} stroke={1.5} aria-hidden />
                </Base.ItemIndicator>
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

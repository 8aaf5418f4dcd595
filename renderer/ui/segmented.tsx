import { Toggle } from '@base-ui/react/toggle';
import { ToggleGroup } from '@base-ui/react/toggle-group';

export interface Segment<T extends string> {
  value: T;
  label: string;
  count?: number;
}

interface Props<T extends string> {
  label: string;
  value: T;
  onChange(value: T): void;
  segments: readonly Segment<T>[];
}

/** One of a few. Pressing the one that is on keeps it on. */
export function Segmented<T extends string>({ label, value, onChange, segments }: Props<T>) {
  return (
    <ToggleGroup
      aria-label={label}
      value={[value]}
      onValueChange={([next]) => next !== undefined && onChange(next)}
      className="flex h-[30px] w-fit shrink-0 rounded-[8px] border border-line bg-sunk p-0.5"
    >
      {segments.map((segment) => (
        <Toggle
          key={segment.value}
          value={segment.value}
          className="whitespace-nowrap rounded-[6px] px-2.5 text-dim hover:text-text data-[pressed]:bg-raised data-[pressed]:font-medium data-[pressed]:text-text data-[pressed]:shadow-card"
        >
          {segment.label}
          {segment.count !== undefined && <span className="tabular ml-1.5">{segment.count}</span>}
        </Toggle>
      ))}
    </ToggleGroup>
  );
}

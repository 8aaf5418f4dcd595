import { IconChevronRight } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { cn } from './cn.ts';

interface Props {
  title: ReactNode;
  /** Small lines under the title; what is empty takes no room. */
  notes?: readonly ReactNode[];
  isOpen: boolean;
  onToggle(): void;
  disabled?: boolean;
  /** The width below which what stands beside it moves to a line of its own. */
  className?: string;
}

/** Opens and closes what lies under a row of a list. */
export function FoldButton({ title, notes = [], isOpen, onToggle, disabled = false, className }: Props) {
  return (
    <button
      type="button"
      aria-expanded={isOpen}
      disabled={disabled}
      onClick={onToggle}
      className={cn('flex min-w-0 flex-1 items-start gap-2 rounded-[5px] text-left', className)}
    >
      <IconChevronRight
        size={14}
        stroke={1.5}
        aria-hidden
        className={cn('mt-[3px] shrink-0 text-dim transition-transform', isOpen && 'rotate-90')}
      />
      <span className="min-w-0">
        <span className="block">{title}</span>
        {notes.map((note, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the lines stand in one order.
          <span key={place} className="block text-dim text-small [overflow-wrap:anywhere] empty:hidden">
            {note}
          </span>
        ))}
      </span>
    </button>
  );
}

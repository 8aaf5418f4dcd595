import type { ReactNode } from 'react';
import { cn } from './cn.ts';

/**
 * The last place of a row, for what can be done about it. It takes room, and the same in all rows, only when one row of
 * the list, which is a `group/rows`, has something there.
 */
export function RowAction({ children, className }: { children: ReactNode; className: string }) {
  const isUsed = children !== undefined && children !== null && children !== false;
  return (
    <span
      data-row-action={isUsed ? '' : undefined}
      className={cn('hidden justify-end group-has-data-row-action/rows:flex', className)}
    >
      {children}
    </span>
  );
}

import type { ReactNode } from 'react';

interface Props {
  icon?: ReactNode;
  /** In one line, where a card beside others has nothing to show most of the time. */
  isSlim?: boolean;
  children: ReactNode;
  action?: ReactNode;
}

/** One sentence, one action. */
export function EmptyState({ icon, isSlim = false, children, action }: Props) {
  if (isSlim)
    return (
      <div className="flex min-h-13 items-center gap-2.5 px-3.5 py-2.5 text-dim">
        {icon !== undefined && <span className="text-faint">{icon}</span>}
        <p className="min-w-0 flex-1">{children}</p>
        {action}
      </div>
    );
  return (
    <div className="flex flex-col items-center gap-3 px-6 py-10 text-center text-dim">
      {icon !== undefined && <span className="text-faint">{icon}</span>}
      <p className="max-w-110 text-balance">{children}</p>
      {action}
    </div>
  );
}

import type { ReactNode } from 'react';
import type { SettingSection } from '../../api/setting-sections.ts';
import { cn } from '../../ui/cn.ts';
import { idOfSection } from './use-deep-link.ts';

/** A place that the list of sections leads to. */
export function Section({ id, isHidden, children }: { id: SettingSection; isHidden: boolean; children: ReactNode }) {
  return (
    <div id={idOfSection(id)} className={cn('grid min-w-0 scroll-mt-1 gap-3.5', isHidden && 'hidden')}>
      {children}
    </div>
  );
}

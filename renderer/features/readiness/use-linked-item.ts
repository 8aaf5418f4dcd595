import { useEffect, useState } from 'react';
import { type ChecklistId, checklistIds } from '../../../server/contract/checklist.ts';

export function anchorOf(id: ChecklistId): string {
  return `item-${id}`;
}

function linkedItems(): ChecklistId[] {
  return checklistIds.filter((id) => window.location.hash === `#${id}`);
}

/** Which items are open. The one that the address names (`/readiness#docker`) is opened, shown and focused. */
export function useLinkedItem() {
  const [open, setOpen] = useState<ReadonlySet<ChecklistId>>(() => new Set(linkedItems()));
  useEffect(() => {
    const show = () => {
      const [id] = linkedItems();
      if (id === undefined) return;
      setOpen((before) => new Set([...before, id]));
      const row = document.getElementById(anchorOf(id));
      row?.scrollIntoView({ block: 'center' });
      row?.querySelector('button')?.focus({ preventScroll: true });
    };
    show();
    window.addEventListener('hashchange', show);
    return () => window.removeEventListener('hashchange', show);
  }, []);
  return {
    isOpen: (id: ChecklistId) => open.has(id),
    toggle(id: ChecklistId) {
      const next = new Set(open);
      if (next.has(id)) next.delete(id);
      else next.add(id);
      setOpen(next);
      window.history.replaceState(window.history.state, '', next.has(id) ? `#${id}` : window.location.pathname);
    },
  };
}

import { useEffect } from 'react';

export function idOfSection(section: string): string {
  return `section-${section}`;
}

export function idOfField(path: string): string {
  return `setting-${path}`;
}

/** Brings what the address names into sight, and the keyboard to it. `isReady`: it is on the page. */
export function useDeepLink(section: string | undefined, field: string | undefined, isReady: boolean): void {
  useEffect(() => {
    if (!isReady) return;
    const target = document.getElementById(field === undefined ? idOfSection(section ?? '') : idOfField(field));
    if (!target) return;
    target.scrollIntoView({ block: field === undefined ? 'start' : 'center' });
    if (field === undefined) return;
    target.querySelector<HTMLElement>('input, button, [role=switch], [role=combobox]')?.focus({ preventScroll: true });
  }, [section, field, isReady]);
}

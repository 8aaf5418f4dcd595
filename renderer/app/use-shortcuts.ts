import { useEffect, useRef } from 'react';
import { isMac } from '../ui/modifier-key.ts';

interface Shortcuts {
  palette(): void;
  shortcuts(): void;
  settings(): void;
  navigate(path: string): void;
}

/** False when the page has no filter: the browser's own find then does its work. */
function focusPageFilter(): boolean {
  const filter = document.querySelector<HTMLInputElement>('main [data-page-filter]');
  filter?.focus();
  filter?.select();
  return filter !== null;
}

/** The keys that work on every page, and the same commands from the native menu. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  useEffect(() => {
    latest.current = shortcuts;
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      // An editor on the page has keys of its own, find for instance.
      if (event.defaultPrevented) return;
      const hasModifier = (isMac ? event.metaKey : event.ctrlKey) && !event.altKey && !event.shiftKey;
      if (event.key === 'F1') latest.current.shortcuts();
      else if (hasModifier && event.key.toLowerCase() === 'k') latest.current.palette();
      else if (hasModifier && event.key === ',') latest.current.settings();
      else if (hasModifier && event.key.toLowerCase() === 'f') {
        if (!focusPageFilter()) return;
      } else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', onKeyDown);
    const stopNavigating = window.native?.onNavigate((path) => latest.current.navigate(path));
    const unsubscribe = window.native?.onCommand((command) => {
      if (command === 'find') focusPageFilter();
      else latest.current[command]();
    });
    return () => {
      window.removeEventListener('keydown', onKeyDown);
      unsubscribe?.();
      stopNavigating?.();
    };
  }, []);
}

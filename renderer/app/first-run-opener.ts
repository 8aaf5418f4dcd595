import { useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { useLive } from '../api/live-context.ts';

/** Leads a person who begins to the first run, once per window; whoever leaves it is not led back. */
export function useFirstRunOpener(): void {
  const [location, navigate] = useLocation();
  const isKnown = useLive(() => true) ?? false;
  const isOpen = useLive((live) => live.firstRun?.status === 'open') ?? false;
  const hasLooked = useRef(false);
  useEffect(() => {
    if (!isKnown || hasLooked.current) return;
    hasLooked.current = true;
    if (isOpen && location === '/') navigate('/first-run', { replace: true });
  }, [isKnown, isOpen, location, navigate]);
}

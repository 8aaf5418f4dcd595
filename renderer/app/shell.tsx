import { Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { useIsOffline, useLiveHandle, useLiveStore } from '../api/live-context.ts';
import { useFaultText } from '../api/use-fault-text.ts';
import { cn } from '../ui/cn.ts';
import { ErrorState } from '../ui/error-state.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { AdoptedBanner } from './adopted-banner.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { useFirstRunOpener } from './first-run-opener.ts';
import { Header } from './header.tsx';
import { LazyPalette } from './lazy-palette.tsx';
import { Navigation } from './navigation.tsx';
import { NotFound } from './not-found.tsx';
import { useNoticeCalls } from './notifications/use-notice-calls.ts';
import { OfflineBanner } from './offline-banner.tsx';
import { pageAt } from './pages.tsx';
import { SafeModeBanner } from './safe-mode-banner.tsx';
import { ShortcutsDialog } from './shortcuts-dialog.tsx';
import { SignedOut } from './signed-out.tsx';
import { StatusBar } from './status-bar.tsx';
import { useShortcuts } from './use-shortcuts.ts';

export function Shell() {
  const { t } = useTranslation();
  const [location, navigate] = useLocation();
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  const [areShortcutsOpen, setShortcutsOpen] = useState(false);
  const isSignedOut = useLiveStore(({ connection }) => connection === 'signed_out');
  useShortcuts({
    palette: () => setPaletteOpen(true),
    shortcuts: () => setShortcutsOpen(true),
    settings: () => navigate('/settings'),
    navigate: (path) => navigate(path),
  });
  useFirstRunOpener();
  useNoticeCalls();
  if (isSignedOut) return <SignedOut />;
  const page = pageAt(location);
  return (
    <div className="grid h-dvh grid-cols-[auto_minmax(0,1fr)] grid-rows-[44px_minmax(0,1fr)_28px]">
      <a
        href="#content"
        className="-translate-y-16 fixed top-2 left-2 z-[90] rounded-[7px] bg-accent px-3 py-1.5 text-on-accent focus:translate-y-0"
      >
        {t('shell.skipToContent')}
      </a>
      <Header onSearch={() => setPaletteOpen(true)} />
      <Navigation current={page?.id} />
      <div id="content" tabIndex={-1} className="flex min-h-0 min-w-0 flex-col outline-none">
        <OfflineBanner />
        <SafeModeBanner />
        <AdoptedBanner />
        <ErrorBoundary key={page?.id ?? 'none'}>
          <Suspense fallback={<PageSkeleton />}>
            {page ? <PageFrame page={page} /> : <NotFound path={location} />}
          </Suspense>
        </ErrorBoundary>
      </div>
      <StatusBar />
      <LazyPalette isOpen={isPaletteOpen} setOpen={setPaletteOpen} onShortcuts={() => setShortcutsOpen(true)} />
      <ShortcutsDialog open={areShortcutsOpen} onClose={() => setShortcutsOpen(false)} />
    </div>
  );
}

function PageFrame({ page }: { page: NonNullable<ReturnType<typeof pageAt>> }) {
  const isOffline = useIsOffline();
  const isKnown = useLiveStore(({ live }) => live !== undefined);
  const isFlush = page.id === 'playground';
  if (!isKnown) return <NothingKnown />;
  return (
    <main
      className={cn(
        'min-h-0 min-w-0 flex-1 transition-[filter]',
        isFlush ? 'overflow-hidden' : 'overflow-y-auto px-6 pt-5 pb-8',
        // Grey, not faint: it is still to be read.
        isOffline && 'grayscale',
      )}
    >
      <page.component />
    </main>
  );
}

/** Before the first answer of the console. */
function NothingKnown() {
  const live = useLiveHandle();
  const faultText = useFaultText();
  const error = useLiveStore((store) => store.error);
  if (!error) return <PageSkeleton />;
  return (
    <main className="grid flex-1 place-items-center">
      <ErrorState message={faultText(error)} code={error.code} onRetry={() => live.retryNow()} />
    </main>
  );
}

function PageSkeleton() {
  const { t } = useTranslation();
  return (
    <main aria-busy aria-label={t('common.loading')} className="px-6 pt-5">
      <Skeleton className="mb-2 h-6 w-56" />
      <Skeleton className="mb-6 w-80" />
      <Skeleton className="h-40" />
    </main>
  );
}

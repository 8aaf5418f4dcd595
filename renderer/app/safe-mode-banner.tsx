import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { StateDot } from '../ui/state-dot.tsx';

/** In safe mode of the desktop program: what is left out, and how to leave it. */
export function SafeModeBanner() {
  const { t } = useTranslation();
  const [isSafeMode, setSafeMode] = useState(false);
  useEffect(() => {
    window.native?.appInfo().then(
      (info) => setSafeMode(info.isSafeMode),
      () => setSafeMode(false),
    );
  }, []);
  if (!isSafeMode) return null;
  return (
    <div role="status" className="flex items-center gap-2.5 border-line border-b bg-warn-bg px-6 py-2">
      <StateDot tone="warn" />
      <span className="min-w-0 flex-1">{t('shell.safeMode')}</span>
    </div>
  );
}

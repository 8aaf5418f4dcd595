import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../ui/button.tsx';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { StateDot } from '../ui/state-dot.tsx';
import { showFault } from '../ui/toast.tsx';

/** While the desktop window shows the console of another program: whose it is, and the way to a server of its own. */
export function AdoptedBanner() {
  const { t } = useTranslation();
  const [pid, setPid] = useState<number>();
  const [isAsking, setAsking] = useState(false);
  useEffect(() => {
    window.native?.appInfo().then(
      (info) => setPid(info.adoptedPid),
      () => setPid(undefined),
    );
  }, []);
  if (pid === undefined) return null;
  /** The window is loaded anew once our own console is there. */
  const takeOver = async () => {
    try {
      await window.native?.takeOver();
    } catch (error) {
      showFault(t('shell.adopted.failed'), error instanceof Error ? error.message : String(error));
      throw error;
    }
  };
  return (
    <div className="flex items-center gap-2.5 border-line border-b bg-panel px-6 py-1.5">
      <StateDot tone="accent" />
      <span role="status" className="min-w-0 flex-1">
        {t('shell.adopted.note', { pid })}
      </span>
      <Button size="small" onClick={() => setAsking(true)}>
        {t('shell.adopted.takeOver')}
      </Button>
      <ConfirmDialog
        open={isAsking}
        onClose={() => setAsking(false)}
        title={t('shell.adopted.ask', { pid })}
        body={t('shell.adopted.askNote')}
        choices={[{ label: t('shell.adopted.stop'), onChoose: takeOver }]}
      />
    </div>
  );
}

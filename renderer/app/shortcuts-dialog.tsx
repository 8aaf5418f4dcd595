import { useTranslation } from 'react-i18next';
import { Dialog } from '../ui/dialog.tsx';
import { ScrollBox } from '../ui/scroll-box.tsx';
import { ShortcutList } from '../ui/shortcut-list.tsx';

export function ShortcutsDialog({ open, onClose }: { open: boolean; onClose(): void }) {
  const { t } = useTranslation();
  return (
    <Dialog open={open} onClose={onClose} title={t('shell.shortcuts.title')}>
      <ScrollBox label={t('shell.shortcuts.title')} className="-mx-4 max-h-[60vh] overflow-auto px-4">
        <ShortcutList />
      </ScrollBox>
    </Dialog>
  );
}
